"""Intents that a tenant brings are answered at once, by every process, and after a kill."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

import httpx
import numpy as np

from trivet_service.audit import operator
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_service.testing import wait_until
from trivet_support.growth.intent import Phrase
from trivet_support.growth.intent_store import Change, IntentStore
from trivet_support.store import support_domain

# Words that the tiny encoder knows, in wordings that the model has not learnt; the last is what is asked.
FREEZE = ["problem with annual meeting", "the annual meeting", "my annual meeting late", "a new annual chairman"]
ASKED = "my annual meeting"


def parse(client: httpx.Client, text: str, **options) -> dict:
    answer = client.post("/v1/parse", json={"text": text, **options})
    assert answer.status_code == 200, answer.text
    return answer.json()


def intent_of(client: httpx.Client, text: str) -> str:
    return parse(client, text)["intent"]["name"]


def test_a_new_intent_answers_within_a_second_in_every_process_and_after_a_restart(server, start, key, connect):
    first = connect(server, key)
    with start() as other:
        second = connect(other, key)
        assert intent_of(first, ASKED) != "assembly"
        began = time.perf_counter()
        put = first.put("/v1/intents/assembly", json={"description": "asks when we meet", "examples": FREEZE})
        assert put.status_code == 200, put.text
        assert put.json()["created"] == ["assembly"]
        assert (put.json()["added"], put.json()["answers"], put.json()["stored"]) == (4, True, True)
        assert intent_of(first, ASKED) == "assembly"
        assert time.perf_counter() - began < 3, "a second on a machine that does nothing else"
        wait_until(lambda: intent_of(second, ASKED) == "assembly", seconds=4)
        # What the model learnt it still knows, and nothing is promised any more.
        parsed = parse(first, "where is my card arrive")
        assert parsed["intent"]["name"] == "card_arrival"
        assert parsed["promise"] is None
        assert parse(first, "where is my card arrive", allowed_intents=["assembly", "transfer"])["intent"]
        batch = first.post("/v1/parse:batch", json={"texts": [ASKED, "transfer bank"]}).json()
        assert [item["intent"]["name"] for item in batch["items"]] == ["assembly", "transfer"]


def rankings(client: httpx.Client) -> list[list[dict]]:
    texts = ["help with annual meeting now", "problem with loss late", "trail tent", "solar tent lamp", "new chairman"]
    return [parse(client, text)["ranking"] for text in texts]


def test_an_example_that_is_taken_away_leaves_nothing_behind(client):
    before = rankings(client)
    client.put("/v1/intents/assembly", json={"examples": FREEZE[:3]}).raise_for_status()
    with_three = rankings(client)
    client.post("/v1/intents/assembly/examples", json={"examples": [FREEZE[3]]}).raise_for_status()
    assert rankings(client) != with_three
    [added] = [
        item for item in client.get("/v1/intents/assembly/examples").json()["items"] if item["text"] == FREEZE[3]
    ]
    gone = client.delete(f"/v1/intents/assembly/examples/{added['id']}")
    assert gone.json() == {"id": added["id"], "answers": True}
    assert rankings(client) == with_three
    assert client.delete("/v1/intents/assembly").json()["removed"] == 3
    assert rankings(client) == before
    assert parse(client, "transfer bank")["promise"] is not None


def test_a_message_that_is_an_example_is_answered_as_the_example_says(client):
    assert intent_of(client, "where is my card arrive now") == "card_arrival"
    client.post("/v1/intents/transfer/examples", json={"examples": ["where is my card arrive now"]}).raise_for_status()
    assert intent_of(client, "where is my card arrive now") == "transfer"
    shown = client.get("/v1/intents/transfer").json()
    assert (shown["known_by"], shown["examples"]) == ("both", 1)


def test_the_same_message_cannot_want_two_intents(client):
    client.put("/v1/intents/assembly", json={"examples": FREEZE}).raise_for_status()
    merged = client.post("/v1/intents/assembly/examples", json={"examples": [FREEZE[0].upper() + "!"]}).json()
    assert (merged["added"], merged["merged"]) == (0, 1)
    refused = client.put("/v1/intents/chair", json={"examples": ["the chairman", FREEZE[1] + "?"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/examples/1"
    assert "'assembly'" in refused.json()["errors"][0]["detail"]
    assert client.get("/v1/intents/chair").status_code == 404, "all of a change or nothing"


def test_a_file_is_read_and_its_bad_row_named_by_line(client):
    good = "text,intent\nthe annual meeting,assembly\nprofit rose,earnings\n"
    csv = {"Content-Type": "text/csv"}
    bulk = client.post("/v1/intents:bulk", content=good, headers=csv)
    assert bulk.status_code == 200, bulk.text
    assert (sorted(bulk.json()["created"]), bulk.json()["added"]) == (["assembly", "earnings"], 2)
    bad = client.post("/v1/intents:bulk", content=good + "\nno intent,\n", headers=csv)
    assert bad.status_code == 422
    assert bad.json()["errors"] == [{"pointer": "/lines/5", "detail": "line 5: there is no intent."}]
    lines = '{"text": "loss warning", "intent": "earnings"}\n{"text": 7}\n'
    jsonl = client.post("/v1/intents:bulk", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert jsonl.json()["errors"][0]["pointer"] == "/lines/2"
    rasa = "version: '3.1'\nnlu:\n- intent: earnings\n  examples: |\n    - record [orders](thing)\n    - profit fell\n"
    found = client.post("/v1/intents:bulk", content=rasa, headers={"Content-Type": "application/yaml"})
    assert found.json()["added"] == 2, found.text
    texts = [item["text"] for item in client.get("/v1/intents/earnings/examples").json()["items"]]
    assert "record orders" in texts
    # Ten thousand intents at once are too many; what was there is still there.
    many = "text,intent\n" + "".join(f"the card {at},intent_{at}\n" for at in range(10_000))
    refused = client.post("/v1/intents:bulk", content=many, headers=csv)
    assert (refused.status_code, refused.json()["code"]) == (413, "batch_too_large")
    names = [item["name"] for item in client.get("/v1/intents?limit=500").json()["items"]]
    assert names == sorted(["assembly", "card_arrival", "earnings", "lost_pin", "transfer"])


def test_tenants_have_intents_of_their_own(server, ring, connect):
    keys = {name: ring.create(tenant=name, scopes=["read", "train"])[1] for name in ("shop", "clinic")}
    shop, clinic, looks = (
        connect(server, key) for key in (keys["shop"], keys["clinic"], ring.create(tenant="shop", scopes=["read"])[1])
    )
    shop.put("/v1/intents/assembly", json={"examples": FREEZE}).raise_for_status()
    assert intent_of(shop, ASKED) == "assembly"
    assert intent_of(clinic, ASKED) != "assembly"
    assert clinic.get("/v1/intents/assembly").status_code == 404
    [one, *_] = shop.get("/v1/intents/assembly/examples").json()["items"]
    assert clinic.delete(f"/v1/intents/assembly/examples/{one['id']}").status_code == 404
    assert clinic.delete("/v1/intents/assembly").status_code == 404
    assert shop.get("/v1/intents/assembly").json()["examples"] == len(FREEZE)
    assert parse(clinic, "where is my card arrive")["promise"] is not None
    assert looks.put("/v1/intents/x", json={"examples": ["a card"]}).status_code == 403
    assert looks.get("/v1/intents/assembly/examples").status_code == 403


def test_nothing_acknowledged_is_lost_when_a_server_is_killed_and_it_answers_after_the_restart(start, key, connect):
    acknowledged = []
    with start() as one:
        client = connect(one, key)
        client.put("/v1/intents/assembly", json={"examples": FREEZE}).raise_for_status()
        with suppress(httpx.HTTPError):
            for at in range(1_000):
                client.put(f"/v1/intents/i{at}", json={"examples": [f"card {at} {at}"]}).raise_for_status()
                acknowledged.append(f"i{at}")
                if at == 2:
                    threading.Timer(0.1, os.kill, (one.pid, signal.SIGKILL)).start()
    assert acknowledged, "it was killed while it wrote"
    with start() as again:
        client = connect(again, key)
        names = {item["name"] for item in client.get("/v1/intents?limit=500").json()["items"]}
        assert {"assembly", *acknowledged} <= names
        assert intent_of(client, ASKED) == "assembly"


def test_lint_names_what_is_to_be_mended_in_what_is_kept_and_in_a_file(client):
    assert client.post("/v1/intents:lint").json()["issues"] == []
    client.put("/v1/intents/assembly", json={"examples": ["the annual meeting", "assembly"]}).raise_for_status()
    client.put("/v1/intents/empty", json={}).raise_for_status()
    linted = client.post("/v1/intents:lint")
    assert linted.status_code == 200, linted.text
    by_code = {issue["code"]: issue for issue in linted.json()["issues"]}
    assert {"intent_without_examples", "few_examples", "example_is_the_name"} <= set(by_code)
    assert linted.json()["issues"][0]["severity"] == "error"
    assert by_code["intent_without_examples"]["where"] == "/intents/empty"
    assert by_code["few_examples"]["suggestion"]
    file = (
        "text,intent\nthe annual meeting,assembly\nTHE annual meeting!,chair\nthe  chairman,chair\n"
        "where is my card arrive,card_question\nwhere is my card arrive today,card_question\n"
    )
    told = client.post("/v1/intents:lint", content=file, headers={"Content-Type": "text/csv"}).json()
    codes = {(issue["code"], issue["where"]) for issue in told["issues"]}
    assert {("duplicate_across_intents", "/lines/3"), ("blanks", "/lines/4")} <= codes
    assert (told["examples"], told["intents"], told["counts"]["few_examples"]) == (5, 3, 3)
    bad = client.post("/v1/intents:lint", content="text,intent\nx\n", headers={"Content-Type": "text/csv"})
    assert bad.json()["errors"][0]["pointer"] == "/lines/2"
    assert client.get("/v1/intents/chair").status_code == 404, "a file is only looked at"


def test_an_example_that_the_encoder_of_today_cannot_read_spoils_no_answer(place, start, ring, connect):
    key = ring.create(tenant="library", scopes=["read", "train"])[1]
    database = Database(place["TRIVET_DATABASE_URL"])
    database.open([kit_domain(), support_domain()])
    # As an encoder that reads more has left them.
    phrases = [Phrase("odd", text, "") for text in ("\u200b", *FREEZE)]
    vectors = np.ones((len(phrases), 4), np.float32)
    IntentStore(database, "library").apply(Change({"odd": ""}, phrases, vectors, "another-graph"), operator())
    database.close()
    with start() as one, connect(one, key) as client:
        assert client.post("/v1/parse", json={"text": "\u200b"}).status_code == 422
        assert parse(client, ASKED)["intent"]["name"] == "odd"
