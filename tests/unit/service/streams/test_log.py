"""Events are numbered once, in order, without a gap, and only for their tenant."""

from __future__ import annotations

import json
import threading

import pytest

from trivet_service import outbox
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_service.storage.rows import Rows
from trivet_service.streams.log import Wanted, arrange, find_heads, find_oldest_arrival, prune, read_latest, read_slice

EVERYTHING = Wanted()


@pytest.fixture
def put(database):
    """Leaves events of a tenant, each in a transaction of its own, and numbers them."""

    def leave(tenant: str, *marks: str, topic: str = "notes", subject: str = "", now: float = 1.0) -> None:
        for mark in marks:
            database.of(tenant).write(
                lambda rows, mark=mark: outbox.put(rows, topic, "note.made", {"mark": mark}, subject=subject)
            )
        database.everyone().write(lambda rows: arrange(rows, now=now))

    return leave


def marks(piece) -> list[str]:
    return [json.loads(event.data)["mark"] for event in piece.events]


def test_each_tenant_has_its_own_numbers_from_one(database, put):
    put("a", "one", "two")
    put("b", "other")
    put("a", "three")
    piece = read_slice(database.of("a"), 0, EVERYTHING, limit=10)
    assert [event.sequence for event in piece.events] == [1, 2, 3]
    assert (marks(piece), piece.position, piece.lost) == (["one", "two", "three"], 3, 0)
    assert marks(read_slice(database.of("b"), 0, EVERYTHING, limit=10)) == ["other"]
    assert database.everyone().read(find_oldest_arrival) is None


def test_an_event_is_there_exactly_when_its_change_is(database):
    def fail(rows: Rows) -> None:
        outbox.put(rows, "notes", "note.made", {"mark": "never"})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.of("a").write(fail)
    database.of("a").write(lambda rows: outbox.put(rows, "notes", "note.made", {"mark": "kept"}))
    database.everyone().write(arrange)
    assert marks(read_slice(database.of("a"), 0, EVERYTHING, limit=10)) == ["kept"]


def test_whoever_listens_is_called_once_the_event_is_on_the_disk(database):
    seen: list[bool] = []
    heard = threading.Event()

    def hear() -> None:
        seen.append(database.everyone().read(find_oldest_arrival) is not None)
        heard.set()

    with database.listening(outbox.ARRIVED, hear):
        database.of("a").write(lambda rows: outbox.put(rows, "notes", "note.made", {}))
        assert heard.wait(10)
        with pytest.raises(ZeroDivisionError):
            database.of("a").write(lambda rows: (outbox.put(rows, "notes", "note.made", {}), 1 / 0))
    database.of("a").write(lambda rows: outbox.put(rows, "notes", "note.made", {}))
    assert seen[0] is True
    assert len(seen) <= 2, "not for what happens after the block"


def test_a_reader_gets_the_topics_and_the_subject_that_it_asks_for_and_moves_on_past_the_others(database, put):
    put("a", "one", topic="jobs", subject="j1")
    put("a", "two", topic="notes")
    put("a", "three", topic="jobs", subject="j2")
    put("a", "four", topic="notes")
    store = database.of("a")
    jobs = read_slice(store, 0, Wanted(("jobs",)), limit=10)
    assert (marks(jobs), jobs.position) == (["one", "three"], 4)
    assert marks(read_slice(store, 0, Wanted(("jobs",), "j2"), limit=10)) == ["three"]
    first = read_slice(store, 0, Wanted(("jobs", "notes")), limit=3)
    assert (marks(first), first.position) == (["one", "two", "three"], 3)
    assert marks(read_slice(store, first.position, EVERYTHING, limit=3)) == ["four"]


def test_a_reader_is_told_how_many_events_are_gone(database, put):
    put("a", "one", "two", now=100.0)
    put("a", "three", now=200.0)
    assert database.everyone().write(lambda rows: prune(rows, before=150.0)) == 2
    piece = read_slice(database.of("a"), 1, EVERYTHING, limit=10)
    assert (marks(piece), piece.lost) == (["three"], 1)
    assert database.everyone().write(lambda rows: prune(rows, before=300.0)) == 1
    piece = read_slice(database.of("a"), 1, EVERYTHING, limit=10)
    assert (piece.events, piece.position, piece.lost) == ((), 3, 2)
    put("a", "four", now=400.0)
    piece = read_slice(database.of("a"), 3, EVERYTHING, limit=10)
    assert [event.sequence for event in piece.events] == [4], "numbers go on after everything was removed"


def test_the_latest_events_of_several_tenants_are_read_at_once(database, put):
    put("a", *(str(number) for number in range(5)))
    put("b", "x")
    found = database.everyone().read(lambda rows: read_latest(rows, {"a": 1, "b": 1, "c": 0}, limit=2))
    assert {tenant: [event.sequence for event in events] for tenant, events in found.items()} == {"a": [4, 5]}


def test_while_another_process_numbers_nobody_waits(postgres):
    with postgres.database() as url:
        database = Database(url)
        database.open([kit_domain()])
        database.of("a").write(lambda rows: outbox.put(rows, "notes", "note.made", {"mark": "one"}))
        with database.engine.connect() as other, other.begin() as transaction:
            assert len(arrange(Rows(other, None))) == 1
            assert database.everyone().write(arrange) == []
            transaction.rollback()
        assert len(database.everyone().write(arrange)) == 1
        assert database.everyone().read(lambda rows: find_heads(rows, ["a"])) == {"a": 1}
        database.close()


def test_what_is_no_event_is_our_mistake(database):
    store = database.of("a")
    for topic, kind, data in [
        ("Jobs", "job.done", {}),
        ("jobs", "done", {}),
        ("jobs", "job.done", {"x": "y" * 70_000}),
    ]:
        with pytest.raises(AssertionError):
            store.write(lambda rows, topic=topic, kind=kind, data=data: outbox.put(rows, topic, kind, data))
    with pytest.raises(AssertionError, match="whose"):
        database.everyone().write(lambda rows: outbox.put(rows, "jobs", "job.done", {}))
    database.everyone().write(lambda rows: outbox.put(rows, "jobs", "job.done", {}, tenant="a"))
    assert len(database.everyone().write(arrange)) == 1


def test_a_body_is_one_line_that_holds_what_was_put(database):
    text = {"note": "line\nbreak \u2028 \U0001f600 \x00"}
    database.of("a").write(
        lambda rows: outbox.put(rows, "notes", "note.made", text, subject="n1", request_id="r1", now=1.5)
    )
    [(tenant, event)] = database.everyone().write(arrange)
    body = event.body()
    assert tenant == "a"
    assert body.isascii()
    assert "\n" not in body
    assert json.loads(body) == {
        "type": "note.made",
        "timestamp": "1970-01-01T00:00:01.500+00:00",
        "sequence": 1,
        "topic": "notes",
        "subject": "n1",
        "request_id": "r1",
        "data": text,
    }
