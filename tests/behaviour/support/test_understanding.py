"""`/v1/parse` as a customer's bot uses it, on a real process over each database: what is declared decides."""

from __future__ import annotations

import json
import os
import signal

import httpx
import pytest

from trivet.recipe import build_recipe
from trivet.settings import Settings
from trivet_service.testing import wait_until

ORDER = {"kind": "pattern", "patterns": ["\\bORD-(\\d{4,10})\\b"]}
PRODUCT = {
    "kind": "list",
    "values": [{"value": "Gold card", "synonyms": ["golden card", "金卡"]}, {"value": "Debit card"}],
}
CARD, PIN = "where is my card arrive", "please my pin lost"


def parse(client, text, **asked):
    answer = client.post("/v1/parse", json={"text": text} | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def declare(client, path, body):
    answer = client.put(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_declared_entities_are_found_at_once_by_every_process_and_after_a_kill(start, key, connect):
    text = "😀 my gold crad, ord-8812 和金卡"
    with start() as first, start() as second:
        with connect(first, key) as client, connect(second, key) as other:
            assert parse(client, text)["entities"] == []
            declare(client, "/v1/entities/order", ORDER)
            declare(client, "/v1/entities/product", PRODUCT)
            found = parse(client, text)["entities"]
            assert [(one["entity"], one["value"]) for one in found] == [
                ("product", "Gold card"), ("order", "8812"), ("product", "Gold card"),
            ]  # fmt: skip
            assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
            assert found[0]["confidence"] < 1
            wait_until(lambda: len(parse(other, text)["entities"]) == 3)
            batch = client.post(
                "/v1/parse:batch", json={"texts": ["ORD-1234", "nothing"], "entities": ["order"]}
            ).json()
            assert [len(item["entities"]) for item in batch["items"]] == [1, 0]
        os.kill(first.pid, signal.SIGKILL)
    with start() as third, connect(third, key) as client:
        assert len(parse(client, text)["entities"]) == 3
        names = [one["name"] for one in client.get("/v1/entities").json()["items"]]
        assert names == ["order", "product"]
        assert client.delete("/v1/entities/product").status_code == 204
        assert [one["entity"] for one in parse(client, text)["entities"]] == ["order"]
        assert client.get("/v1/entities/product").status_code == 404


def test_built_in_kinds_are_found_where_a_request_names_them(client):
    asked = {"entities": ["money", "date"], "reference_time": "2026-11-24T12:00:00Z"}
    found = parse(client, "退款200元,三天前买的", **asked)
    assert [(one["value"], one.get("unit")) for one in found["entities"]] == [(200, "CNY"), ("2026-11-21", None)]
    assert found["language"] == "zh"
    assert parse(client, "card", language="de")["language"] == "de"


@pytest.mark.parametrize(
    ("name", "body", "pointer", "said"),
    [
        ("order", {"kind": "pattern", "patterns": ["ok", "(open"]}, "/patterns/1", "missing )"),
        (
            "product",
            {"kind": "list", "values": [{"value": "a1", "synonyms": ["x"]}, {"value": "b2", "synonyms": ["X"]}]},
            "/values/1/synonyms/0",
            "stands for 'a1' and for 'b2'",
        ),
        ("product", {"kind": "list", "values": []}, "/values", "at least 1"),
        ("when", {"kind": "dates"}, "/kind", "'date'"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_its_place_and_changes_nothing(client, name, body, pointer, said):
    before = declare(client, f"/v1/entities/{name}", ORDER)
    answer = client.put(f"/v1/entities/{name}", json=body)
    assert answer.status_code == 422
    [flaw] = answer.json()["errors"]
    assert flaw["pointer"] == pointer
    assert said in flaw["detail"]
    assert client.get(f"/v1/entities/{name}").json() == before


def test_several_intents_of_a_message_are_told_with_their_clauses_where_they_are_asked_for(client):
    text = f"{CARD}. and also {PIN}"
    alone = parse(client, text)
    assert len(alone["intents"]) < 2
    both = parse(client, text, several=True)
    assert both["decision"] == "answer"
    assert [one["name"] for one in both["intents"]] == ["card_arrival", "lost_pin"]
    assert [text[one["start"] : one["end"]] for one in both["intents"]] == [CARD, PIN]
    assert both["intent"] == both["ranking"][0]
    assert both["promise"] is None, "the promise was measured on messages of one intent"
    assert both["operating_point"]["promised_precision"] is None
    single = parse(client, CARD, several=True)
    assert [one["name"] for one in single["intents"]] == ["card_arrival"]
    assert single["promise"]["held"]
    batch = client.post("/v1/parse:batch", json={"texts": [text, CARD, "x"], "several": True}).json()["items"]
    assert [len(item["intents"]) for item in batch] == [2, 1, 0]


@pytest.mark.parametrize(
    ("text", "kind"), [("x", "unreadable"), ("😀", "unreadable"), ("hello", "small_talk"), ("谢谢", "small_talk")]
)
def test_what_belongs_to_no_intent_is_told_by_its_kind(client, text, kind):
    parsed = parse(client, text)
    assert parsed["decision"] == "out_of_scope"
    assert (parsed["out_of_scope"]["is_out_of_scope"], parsed["out_of_scope"]["kind"]) == (True, kind)
    assert parsed["intents"] == []


def test_a_declared_point_decides_is_told_and_is_what_feedback_is_held_against(client):
    own = parse(client, CARD)["operating_point"]
    assert (own["name"], own["measured_on"], own["promised_precision"]) == ("default", "training", 0.95)
    shown = declare(client, "/v1/operating-points/sure", {"threshold": 1.0})
    assert (shown["threshold"], shown["measured_on"]) == (1.0, "calibration")
    strict = parse(client, CARD, operating_point="sure")
    assert strict["decision"] != "answer"
    assert strict["promise"] is None
    assert strict["operating_point"]["name"] == "sure"
    declare(client, "/v1/operating-points/default", {"threshold": 1.0})
    assert parse(client, CARD)["decision"] != "answer", "a point of this name decides where none is named"
    assert client.delete("/v1/operating-points/default").status_code == 204
    assert parse(client, CARD)["decision"] == "answer"


def test_a_precision_is_measured_on_rows_that_a_tenant_names_and_watched_by_itself(client):
    lines = [json.dumps({"text": f"please {CARD} {at}", "label": "card_arrival"}) for at in range(240)]
    rows = "\n".join([*lines, *(json.dumps({"text": f"{PIN} {at}", "label": "lost_pin"}) for at in range(60))])
    for table in ("train", "validation"):
        headers = {"Content-Type": "application/jsonl"}
        put = client.put("/v1/datasets/held", params={"table": table}, content=rows, headers=headers)
        assert put.status_code in (200, 201), put.text
    shown = declare(client, "/v1/operating-points/measured", {"precision": 0.9, "dataset": "held"})
    assert (shown["measured_on"], shown["promised_precision"], shown["rows"]) == ("data_set", 0.9, 300)
    assert 0 < shown["expected_coverage"] <= 1
    parsed = parse(client, CARD, operating_point="measured")
    assert parsed["operating_point"] == {name: shown[name] for name in parsed["operating_point"]}
    assert parsed["promise"]["risk"] == pytest.approx(0.1)
    for point, correct in (("measured", True), ("measured", False), ("default", True)):
        asked = {} if point == "default" else {"operating_point": point}
        request_id = parse(client, CARD, **asked)["request_id"]
        told = client.post("/v1/feedback", json={"request_id": request_id, "correct": correct})
        assert told.status_code == 200, told.text
    [counted] = client.get("/v1/feedback/summary").json()["items"]
    assert [(one["promised"], one["heard"]) for one in counted["alarms"]] == [(0.05, 1), (0.1, 2)]
    refused = client.put("/v1/operating-points/measured", json={"precision": 0.999, "dataset": "held"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/precision"
    assert client.get("/v1/operating-points/measured").json() == shown


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"operating_point": "nobody's"}, "/operating_point"),
        ({"entities": ["colour"]}, "/entities/0"),
        ({"allowed_intents": [f"intent_{at}" for at in range(10_000)]}, "/allowed_intents"),
        ({"allowed_intents": ["card_arrival", "refund"]}, "/allowed_intents/1"),
        ({"language": "klingon!"}, "/language"),
        ({"reference_time": "yesterday"}, "/reference_time"),
    ],
)
def test_a_wish_that_cannot_be_met_is_pointed_at(client, asked, pointer):
    for path, body in (("/v1/parse", {"text": "card"}), ("/v1/parse:batch", {"texts": ["card"]})):
        answer = client.post(path, json=body | asked)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert len(answer.content) < 2_000


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"precision": 0.9, "threshold": 0.9}, ""),
        ({"precision": 1.5}, "/precision"),
        ({"precision": 0.9, "dataset": "no-such-set"}, "/dataset"),
        ({"threshold": 0.9, "dataset": "../etc"}, "/dataset"),
    ],
)
def test_a_point_that_cannot_be_is_refused(client, body, pointer):
    answer = client.put("/v1/operating-points/odd", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert client.get("/v1/operating-points").json()["items"] == []


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def labels_and_spans(encoder, tmp_path_factory):
    """A model that tells any number of intents, and one that was trained to find entities."""
    from trivet.train import train

    folder = tmp_path_factory.mktemp("companions")
    settings = Settings(home=folder / "home", cache=folder / "cache", threads=1, offline=True)
    openings = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")
    things = {"card": "card arrive", "pin": "pin forgot", "money": "money transfer"}
    texts = [
        ([first, second][: 1 + (first != second)], f"{opening} {things[first]} {opening} {things[second]}")
        for opening in openings
        for first in things
        for second in things
    ]
    plain = [{"text": text, "label": ""} for text in ("annual meeting", "new chairman", "solar lamp") for _ in range(8)]
    rows = [{"text": text, "label": "|".join(names)} for names, text in texts] + plain
    write_lines(folder / "labels.jsonl", rows)
    spans = []
    for opening in openings * 2:
        for at, thing in enumerate(things):
            text, word = f"{opening} {things[thing]}", thing
            start = text.index(word)
            spans.append({"text": text, "spans": [{"start": start, "end": start + len(word), "label": "thing"}]})
            assert at < 3
    write_lines(folder / "spans.jsonl", spans)
    common = {"encoder": {"name": str(encoder.source.path)}, "export": {"precision": "fp32", "golden_rows": 4}}
    multilabel = build_recipe(
        {
            **common,
            "name": "support",
            "data": {"dataset": str(folder / "labels.jsonl")},
            "task": {"kind": "multilabel", "max_tokens": 32},
            "method": {"kind": "head", "head": "logistic"},
        }
    )
    tagging = build_recipe(
        {
            **common,
            "name": "support-entities",
            "data": {"dataset": str(folder / "spans.jsonl")},
            "task": {"kind": "tagging", "max_tokens": 32},
            "method": {"kind": "full"},
            "training": {
                "epochs": 4,
                "batch_size": 16,
                "learning_rate": 2e-3,
                "head_learning_rate": 1e-2,
                "bf16": "off",
            },
        }
    )
    train(multilabel, out=folder / "support", settings=settings)
    train(tagging, out=folder / "support-entities", settings=settings)
    return folder


def test_a_model_of_any_number_of_intents_and_a_trained_tagger_are_served(served, labels_and_spans, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    environment |= {"TRIVET_HOME": str(tmp_path / "home"), "TRIVET_CACHE": str(tmp_path / "cache")}
    models = [f"{name}={labels_and_spans / name}" for name in ("support", "support-entities")]
    words = ["support", "--insecure", *(word for model in models for word in ("--model", model))]
    with served(*words, environment=environment) as one, httpx.Client(base_url=one.address, timeout=30) as client:
        both = parse(client, "where is my card arrive my pin forgot")
        assert {intent["name"] for intent in both["intents"]} == {"card", "pin"}
        assert (both["decision"], both["promise"]) == ("answer", None)
        assert {(found["entity"], found["text"]) for found in both["entities"]} == {("thing", "card"), ("thing", "pin")}
        assert all(found["extractor"] == "model" for found in both["entities"])
        only = parse(client, "where is my card arrive my pin forgot", allowed_intents=["pin"], entities=["date"])
        assert [intent["name"] for intent in only["intents"]] == ["pin"]
        assert only["entities"] == []
        none = parse(client, "annual meeting")
        assert (none["intents"], none["decision"]) == ([], "out_of_scope")
        batch = client.post("/v1/parse:batch", json={"texts": ["my card arrive", "x"]}).json()["items"]
        assert [item["decision"] for item in batch] == ["answer", "out_of_scope"]
        refused = client.put("/v1/operating-points/strict", json={"threshold": 0.9})
        assert refused.status_code == 422
