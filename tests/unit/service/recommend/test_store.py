"""What was stored is there again, once, and only for its tenant."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from trivet_recommend.store import Embedded, Event, Item, RecommendStore, recommend_domain
from trivet_service.storage.database import Database


@pytest.fixture
def open_store(database_url):
    """Opens the store over the test's database; whatever is open is closed at the end."""
    opened = []

    def start() -> RecommendStore:
        database = Database(database_url)
        database.open([recommend_domain()])
        opened.append(database)
        return RecommendStore(database)

    yield start
    for database in opened:
        database.close()


@pytest.fixture
def store(open_store):
    return open_store()


def event(event_id: str, *, user: str = "u", item: str = "i", time: float = 0.0) -> Event:
    return Event(event_id, user, item, "view", 1.0, time)


def test_an_event_counts_once_however_often_it_is_sent(store):
    assert [added.id for added in store.add_events("a", [event("1"), event("2"), event("1")])] == ["1", "2"]
    assert [added.id for added in store.add_events("a", [event("2", user="other"), event("3")])] == ["3"]
    assert [(found.id, found.user) for found in store.events("a")] == [("1", "u"), ("2", "u"), ("3", "u")]


def test_tenants_do_not_see_each_other(store):
    store.add_events("a", [event("1")])
    store.put_items("b", [Item("i", "text", "title", "", 1.0)])
    assert [added.id for added in store.add_events("b", [event("1")])] == ["1"], "ids are a tenant's own"
    assert store.items("a") == []
    assert store.tenants() == ["a", "b"]


def test_an_item_of_the_same_name_is_replaced(store):
    store.put_items("a", [Item("i", "old", "Old", "x", 1.0), Item("j", "other", "", "", 2.0)])
    store.put_items("a", [Item("i", "new", "New", "y", 3.0)])
    assert store.items("a") == [Item("i", "new", "New", "y", 3.0), Item("j", "other", "", "", 2.0)]


def test_events_come_back_in_order_of_time(store):
    store.add_events("a", [event("late", time=3.0), event("early", time=1.0), event("also early", time=1.0)])
    assert [found.id for found in store.events("a")] == ["early", "also early", "late"]


def test_vectors_come_back_bit_by_bit_and_only_for_their_encoder(store):
    vector = np.random.default_rng(0).normal(size=5).astype(np.float32)
    store.put_embeddings("a", "encoder-1", [Embedded("i", "text", vector)])
    np.testing.assert_array_equal(store.embeddings("a", "encoder-1")["i"].vector, vector)
    assert store.embeddings("a", "encoder-2") == {}


def test_everything_is_there_after_opening_again(open_store):
    open_store().add_events("a", [event("1")])
    assert [found.id for found in open_store().events("a")] == ["1"]


def test_more_rows_than_a_statement_takes_are_stored(store):
    assert len(store.add_events("a", [event(str(at)) for at in range(4500)])) == 4500
    assert sum(1 for _ in store.events("a")) == 4500


def test_writers_at_the_same_time_lose_and_double_nothing(store):
    counts: list[int] = []

    def write(offset: int) -> None:
        for at in range(20):
            counts.append(len(store.add_events("a", [event(str(offset + at)), event(f"shared-{at}")])))

    threads = [threading.Thread(target=write, args=(1000 * number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 5 * 20 + 20
    assert sum(1 for _ in store.events("a")) == 120
