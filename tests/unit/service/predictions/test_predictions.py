"""Answers are kept beside the requests, what is said of them is joined to them, and both end in time."""

from __future__ import annotations

import threading
import time

import pytest
from prometheus_client import CollectorRegistry

from trivet.errors import InputError
from trivet_service.logs import Lines, open_log
from trivet_service.predictions.feedback import Feedback, judge, keep_feedback, read_feedback
from trivet_service.predictions.feedback import feedback as feedback_table
from trivet_service.predictions.log import PredictionLog, keepable
from trivet_service.predictions.prediction import Prediction, keep_predictions, predictions, read_prediction
from trivet_service.predictions.pruning import prune
from trivet_service.predictions.recent import Recent
from trivet_service.predictions.training_rows import training_rows
from trivet_service.predictions.watch import FEEDBACKS_TO_A_FALSE_ALARM, alarms_of, count_feedback, select_told
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database

DAY = 86_400.0


def answered(request_id: str = "r1", item: int = 0, *, tenant: str = "a", at: float = 1000.0, **changes) -> Prediction:
    values = {"service": "support", "model": "support", "version": 3, "label": "lost_pin", "decision": "answer"}
    return Prediction(tenant, request_id, item, at, **(values | {"confidence": 0.9, "promised": 0.05} | changes))


def told(request_id: str = "r1", *, correct: bool | None = True, at: float = 1000.0, **changes) -> Feedback:
    values = {"label": None, "note": None, "service": "support", "model": "support", "version": 3}
    values |= {"answered": "lost_pin", "decision": "answer", "promised": 0.05}
    return Feedback(request_id, 0, at, correct, **(values | changes))


@pytest.fixture
def open_prediction_log(database):
    lines, opened = Lines(), []

    def start(registry=None, **settings) -> PredictionLog:
        registry = registry or CollectorRegistry()
        log = PredictionLog(ServiceSettings(**settings), database, open_log("error", lines), registry)
        log.start()
        opened.append(log)
        return log

    yield start
    for log in opened:
        log.close()
    lines.close()


def count(registry, outcome: str) -> float:
    return registry.get_sample_value("trivet_predictions_total", {"outcome": outcome}) or 0


def keep(rows, one: Prediction, text: str | None = None) -> None:
    keep_predictions(rows, [(one, text)])


def kept(database, tenant="a") -> list:
    return database.of(tenant).read(lambda rows: rows.fetch(rows.select(predictions).order_by(predictions.c.item)))


def test_an_answer_is_kept_as_it_was_without_its_text(database, open_prediction_log):
    registry = CollectorRegistry()
    log = open_prediction_log(registry)
    items = answered(item=1, label="personal", shown=("i1", "i2"), confidence=None, promised=None)
    log.note([answered(), items], ["my words", None])
    log.close()
    assert [read_prediction(row) for row in kept(database)] == [answered(), items]
    assert [row.text for row in kept(database)] == [None, None]
    assert count(registry, "kept") == 2


def test_texts_are_kept_where_the_settings_say_so_and_redacted(database, open_prediction_log):
    log = open_prediction_log(prediction_texts=True)
    texts = ["card 4111 1111 1111 1111\0", "a\ud800b", "x" * 10_000]
    log.note([answered(item=at) for at in range(3)], texts)
    log.close()
    assert [row.text for row in kept(database)] == ["card [card]", "a?b", "x" * 4096]


def test_a_text_that_is_cut_is_redacted_first():
    assert keepable("x " * 2043 + "4111 1111 1111 1111").endswith("[card]")


def test_of_a_request_id_the_first_answer_counts(database, open_prediction_log):
    log = open_prediction_log()
    for label in ("first", "second"):
        log.note([answered(label=label)], ["x"])
    assert log.find("a", "r1", 0).label == "first"
    log.close()
    assert [row.label for row in kept(database)] == ["first"]


def test_the_share_that_is_kept_depends_on_the_request_id_alone(database, open_prediction_log):
    ids = [f"r{at}" for at in range(2000)]
    half, same, none = (open_prediction_log(prediction_log=share) for share in (0.5, 0.5, 0.0))
    chosen = [one for one in ids if half.keeps(one)]
    assert 900 < len(chosen) < 1100
    assert chosen == [one for one in ids if same.keeps(one)]
    assert not any(none.keeps(one) for one in ids)
    for one in ids[:100]:
        half.note([answered(one)], ["x"])
    half.close()
    assert {row.request_id for row in kept(database)} == set(chosen) & set(ids[:100])


def test_an_answer_that_is_not_kept_is_remembered_for_a_while(open_prediction_log):
    log = open_prediction_log(prediction_log=0.0)
    log.note([answered()], ["x"])
    assert log.find("a", "r1", 0) == answered()
    assert log.find("b", "r1", 0) is None
    assert log.find("a", "r1", 1) is None
    assert log.remembers("a", "r1")


def test_memory_of_answers_is_bounded():
    recent = Recent(3)
    for at in range(5):
        recent.add([answered(f"r{at}")])
    assert [recent.holds("a", f"r{at}") for at in range(5)] == [False, False, True, True, True]
    recent.add([answered("many", item) for item in range(10)])
    assert recent.holds("a", "many")
    assert not recent.holds("a", "r4")


def test_answers_go_on_while_the_database_is_gone_and_what_is_too_much_is_counted():
    registry, lines = CollectorRegistry(), Lines()
    log = PredictionLog(ServiceSettings(), Database("sqlite://"), open_log("error", lines), registry)
    log.start()
    began = time.perf_counter()
    for at in range(6000):
        log.note([answered(f"r{at}")], ["x"])
    assert time.perf_counter() - began < 2
    assert count(registry, "dropped") == 1000
    assert log.find("a", "r5999", 0) is not None
    log.close()
    assert count(registry, "dropped") == 6000
    lines.close()


def test_what_is_noted_by_many_threads_is_all_kept(database, open_prediction_log):
    log = open_prediction_log()

    def note(name: str) -> None:
        for at in range(200):
            log.note([answered(f"{name}{at}")], ["x"])

    threads = [threading.Thread(target=note, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert len(kept(database)) == 800


def test_a_label_tells_whether_the_answer_was_right():
    assert judge(answered(), correct=None, label="lost_pin")
    assert not judge(answered(), correct=None, label="transfer")
    assert not judge(answered(), correct=False, label=None)
    assert judge(answered(shown=("i1", "i2")), correct=None, label="i2")
    with pytest.raises(InputError, match="cannot be right"):
        judge(answered(), correct=True, label="transfer")
    with pytest.raises(InputError, match="cannot be wrong"):
        judge(answered(), correct=False, label="lost_pin")


def test_feedback_counts_once_and_may_change(database):
    store = database.of("a")
    outcomes = [
        store.write(lambda rows, one=one: keep_feedback(rows, one))
        for one in (told(), told(at=2000.0), told(correct=False, label="transfer", at=3000.0))
    ]
    assert outcomes == ["new", "same", "changed"]
    [row] = store.read(lambda rows: rows.fetch(rows.select(feedback_table)))
    assert read_feedback(row) == told(correct=False, label="transfer")
    [counts] = store.read(count_feedback)
    assert (counts.served, counts.right, counts.wrong, counts.unknown) == (("support", "support", 3), 0, 1, 0)
    assert database.of("b").read(count_feedback) == []


def test_an_alarm_rings_soon_where_a_promise_is_broken_and_not_where_it_holds(database):
    """Promised at most 5 % wrong: one in 25 keeps it, one in 4 breaks it."""

    def stream(every: int) -> list[Feedback]:
        return [told(f"r{at}", correct=at % every != 0, at=float(at)) for at in range(400)]

    [kept_alarm] = alarms_of(stream(25)).values()
    [broken] = alarms_of(stream(4)).values()
    assert not kept_alarm.rings
    assert 1 <= broken.rang_at <= 100
    assert (broken.risk, broken.forgets, broken.false_alarms) == (0.05, True, 1 / FEEDBACKS_TO_A_FALSE_ALARM)
    for one in stream(4)[:60]:
        database.of("a").write(lambda rows, one=one: keep_feedback(rows, one))
    assert next(iter(alarms_of(database.of("a").read(select_told)).values())) == next(
        iter(alarms_of(stream(4)[:60]).values())
    )


@pytest.mark.parametrize("changes", [{"promised": None}, {"correct": None}, {"decision": "hand_over"}])
def test_only_answers_that_were_given_under_a_promise_tell_about_it(changes):
    assert alarms_of([told(**changes)]) == {}


def test_what_is_old_is_removed_but_a_prediction_stays_with_its_feedback(database):
    now = 100 * DAY
    for days, name in ((40, "old"), (40, "told"), (40, "told-long-ago"), (10, "new")):
        row = answered(name, at=now - days * DAY)
        database.everyone().write(lambda rows, row=row: keep(rows, row))
    for days, name in ((30, "told"), (39, "told-long-ago")):
        one = told(name, at=now - days * DAY)
        database.of("a").write(lambda rows, one=one: keep_feedback(rows, one))
    prune(database, now=now, prediction_days=20, feedback_days=35, ends=lambda: False)
    assert {row.request_id for row in kept(database)} == {"told", "new"}
    prune(database, now=now + 1000 * DAY, prediction_days=0, feedback_days=0, ends=lambda: False)
    assert len(kept(database)) == 2


def test_rows_to_train_on_have_the_last_label_that_was_given_or_confirmed(database):
    texts = {"right": "my pin", "corrected": "my card", "again": "my card", "wrong": "my home", "textless": None}
    for name, text in texts.items():
        database.everyone().write(lambda rows, name=name, text=text: keep(rows, answered(name), text))
    said = [
        told("right", at=1.0),
        told("corrected", correct=False, label="transfer", at=2.0),
        told("again", correct=False, label="card_arrival", at=3.0),
        told("wrong", correct=False, at=4.0),
        told("textless", at=5.0),
        told("unknown", service="", at=6.0),
    ]
    for one in said:
        database.of("a").write(lambda rows, one=one: keep_feedback(rows, one))
    rows = database.of("a").read(lambda rows: training_rows(rows, "support"))
    assert rows == [("my pin", "lost_pin"), ("my card", "card_arrival")]
    assert database.of("b").read(lambda rows: training_rows(rows, "support")) == []
    assert database.of("a").read(lambda rows: training_rows(rows, "finance")) == []
