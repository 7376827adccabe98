"""Signatures, schedules and turns: what a webhook is made of."""

from __future__ import annotations

import random
import time

import pytest

from trivet_service.audit import Actor
from trivet_service.settings import SettingsError
from trivet_service.streams.event import Event
from trivet_service.webhooks.attempt import Outcome
from trivet_service.webhooks.delivery import enqueue, select_deliveries
from trivet_service.webhooks.schedule import read_retry_after, read_schedule
from trivet_service.webhooks.signing import make_secret, sign
from trivet_service.webhooks.turns import find_lag_s, find_waiting, next_errand, note_outcome, take_turns
from trivet_service.webhooks.webhook import Webhooks

ME = Actor("test")


def test_a_signature_is_that_of_the_example_of_standard_webhooks():
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body='{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_long_and_never_the_same():
    assert len({make_secret() for _ in range(100)}) == 100
    assert len(make_secret()) == len("whsec_") + 44


def test_waits_grow_with_a_little_chance_and_come_to_an_end():
    schedule, chance = read_schedule("5, 30,120"), random.Random(1)
    waits = [schedule.wait_s(2, asked_s=0, chance=chance) for _ in range(100)]
    assert 24 <= min(waits) < max(waits) <= 36
    assert schedule.wait_s(3, asked_s=0, chance=chance) > 90
    assert schedule.wait_s(4, asked_s=0, chance=chance) is None
    assert schedule.wait_s(1, asked_s=600, chance=chance) == 600
    assert schedule.wait_s(4, asked_s=600, chance=chance) is None, "asking does not add attempts"
    assert read_schedule("").wait_s(1, asked_s=0, chance=chance) is None


@pytest.mark.parametrize("text", ["soon", "5;30", "-1", "0", "nan", "1e9"])
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(SettingsError, match="TRIVET_WEBHOOK_RETRY_S"):
        read_schedule(text)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("9" * 400, 86_400.0),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 60.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 2099 00:00:00", 86_400.0),
        ("tomorrow", 0.0),
        ("-5", 0.0),
        ("", 0.0),
        ("٣", 0.0),
    ],
)
def test_a_receiver_may_ask_for_time_within_reason(value, seconds):
    assert read_retry_after(value, now=60.0) == seconds


@pytest.fixture
def store(database):
    return Webhooks(database, most=5)


@pytest.fixture
def happen(database):
    """Have an event of each topic sent to who takes it, in the tenant a."""

    def tell(*topics: str) -> None:
        events = [("a", Event(at, topic, f"{topic}.made", "", 0.0, "", "{}")) for at, topic in enumerate(topics, 1)]
        database.everyone().write(lambda rows: enqueue(rows, events))

    return tell


def look(database, webhook, status=None):
    return database.of("a").read(lambda rows: rows.fetch(select_deliveries(rows, webhook.id, status)))


def test_only_what_a_webhook_takes_is_queued_for_it(database, store, happen):
    everything = store.create("a", url="https://x/", topics=[], description="", actor=ME)
    jobs = store.create("a", url="https://x/", topics=["jobs"], description="", actor=ME)
    off = store.create("a", url="https://x/", topics=[], description="", actor=ME)
    store.change("a", off.id, {"disabled_at": 1.0}, actor=ME)
    other = store.create("b", url="https://x/", topics=[], description="", actor=ME)
    happen("jobs", "models", "webhooks")
    assert {row.type for row in look(database, everything)} == {"jobs.made", "models.made"}
    assert [row.type for row in look(database, jobs)] == ["jobs.made"]
    assert look(database, off) == []
    assert database.of("b").read(lambda rows: rows.fetch(select_deliveries(rows, other.id, None))) == []


def test_a_webhook_is_served_by_one_at_a_time_and_by_another_when_that_one_is_gone(database, store, happen):
    webhook = store.create("a", url="https://x/", topics=[], description="", actor=ME)
    happen("jobs", "jobs")
    now, everyone, ours = time.time(), database.everyone(), database.of("a")
    pair = ("a", webhook.id)

    def take(token: str, moment: float):
        return everyone.write(lambda rows: take_turns(rows, [pair], token=token, now=moment, until=moment + 10))

    assert everyone.read(lambda rows: find_waiting(rows, now=now, most=5)) == [pair]
    [first] = take("first", now)
    assert everyone.read(lambda rows: find_waiting(rows, now=now, most=5)) == []
    assert take("second", now) == []
    assert everyone.read(lambda rows: find_lag_s(rows, now=now + 7)) == pytest.approx(7, abs=1)
    errand = ours.write(lambda rows: next_errand(rows, first, now=now, until=now + 10))
    assert errand.delivery.sequence == 1

    [second] = take("second", now + 11)
    failed = Outcome(500, "the answer is 500")
    ours.write(lambda rows: note_outcome(rows, errand, failed, now=now, wait_s=None))
    assert len(look(database, webhook, "waiting")) == 2, "whose turn has run out does not give anything up"
    again = ours.write(lambda rows: next_errand(rows, second, now=now + 11, until=now + 21))
    assert again.delivery.id == errand.delivery.id
    ours.write(lambda rows: note_outcome(rows, errand, Outcome(200, ""), now=now, wait_s=None))
    assert [row.sequence for row in look(database, webhook, "delivered")] == [1], "but what arrived has arrived"
    ours.write(lambda rows: note_outcome(rows, again, failed, now=now, wait_s=5.0))
    assert [row.sequence for row in look(database, webhook, "delivered")] == [1]

    last = ours.write(lambda rows: next_errand(rows, second, now=now + 12, until=now + 22))
    assert last.delivery.sequence == 2
    ours.write(lambda rows: note_outcome(rows, last, Outcome(410, "gone"), now=now, wait_s=5.0))
    assert store.find("a", webhook.id).disabled_why == "gone"
    assert ours.write(lambda rows: next_errand(rows, second, now=now + 12, until=now + 22)) is None


def test_secrets_of_a_rotation_sign_side_by_side_until_the_old_one_ends(store):
    webhook = store.create("a", url="https://x/", topics=[], description="", actor=ME)
    turned = store.rotate("a", webhook.id, overlap_s=60, actor=ME)
    assert turned.secrets[1:] == webhook.secrets
    assert turned.secrets[0] != webhook.secrets[0]
    assert len(store.rotate("a", webhook.id, overlap_s=0, actor=ME).secrets) == 1
    assert "whsec" not in repr(turned)
