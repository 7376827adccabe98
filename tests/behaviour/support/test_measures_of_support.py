"""What the service's measures do with a real server: add intents to a live model, declare, ask."""

from __future__ import annotations

import os
from types import SimpleNamespace

import httpx
import pandas as pd
import pytest

from trivet_support.measures import add_intents, parse_cost, served_labels

NEW = [(f"{opening} parcel", "parcel") for opening in ("where is my", "my new", "the", "please send my")]
OLD = [("my card is lost", "card"), ("send money to my friend", "money"), ("thank you very much", "thanks")]


@pytest.fixture(scope="module")
def client(served, legs, tmp_path_factory):
    environment = os.environ | {
        "TRIVET_HOME": str(tmp_path_factory.mktemp("home")),
        "TRIVET_REGISTRY": "",
        "TRIVET_DATABASE_URL": "",
    }
    words = ("support", "--insecure", "--model", f"support={legs['support']}")
    with (
        served(*words, environment=environment) as server,
        httpx.Client(base_url=server.address, timeout=30) as asking,
    ):
        yield asking


def test_intents_that_are_added_answer_and_their_seconds_are_counted(client):
    before = add_intents.ask(client, OLD)
    assert before == [label for _, label in OLD]
    seconds = add_intents.add(client, NEW, examples=4)
    assert add_intents.ask(client, NEW) == ["parcel"] * 4
    after = add_intents.ask(client, OLD)
    assert len(seconds) == 1
    assert 0 < seconds[0] < add_intents.ADD_S
    kept = {"before": before, "after": after, "truth": [label for _, label in OLD]}
    assert add_intents.recompute(kept) == 100 * sum(one != other for one, other in zip(before, after, strict=True)) / 3

    # A service that says no ends the measurement, and what it said is told.
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        add_intents.add(client, [("", "nothing")], examples=4)


def test_what_is_declared_for_a_costly_message_is_found_in_it_and_gone_afterwards(client):
    parse_cost._declare(client)
    told = client.post("/v1/parse", json={"text": "a lawyer for my golden card and $20 by me@example.org"}).json()
    assert {"card", "money", "email"} <= {found["entity"] for found in told["entities"]}
    assert [fired["name"] for fired in told["rules"]] == ["lawyers"]
    parse_cost._forget(client)
    told = client.post("/v1/parse", json={"text": "a lawyer for my golden card and $20 by me@example.org"}).json()
    assert (told["entities"], told["rules"]) == ([], [])


def test_labels_are_those_that_are_answered(client):
    assert served_labels.ask(client, [text for text, _ in OLD]) in ([["card"], ["money"], ["thanks"]], [[], [], []])


def test_the_drawn_intents_are_unknown_to_what_is_learnt():
    rows = pd.DataFrame({"text": list("abcd"), "label": ["one", "two", "three", "four"]})
    parts = add_intents.part(SimpleNamespace(frame=lambda _: rows), 2, seed=0)
    known, added = ({label for _, label in side["train"]} for side in (parts.known, parts.added))
    assert (len(known), len(added), known & added) == (2, 2, set())
    assert add_intents.part(SimpleNamespace(frame=lambda _: rows), 2, seed=0) == parts


def test_answers_for_other_rows_than_were_asked_are_no_figure():
    with pytest.raises(ValueError, match="1 answers for 2 rows"):
        add_intents.recompute({"before": ["a"], "after": ["a"], "truth": ["a", "b"]})
    assert parse_cost.recompute({"model": [1.0, 1.0], "full": [2.0, 4.0]}) == 3.0
