"""`POST /v1/explain`: words with weights always, and the training rows where they are at hand."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from trivet.artifact.artifact import Artifact
from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.service import find_service
from trivet_service.testing import running
from trivet_support.examples import Examples

TEXT = "where is my card arrive"
TOPICS = {
    "card_arrival": ("card arrive", "card delivery"),
    "lost_pin": ("pin forgot", "pin lost"),
    "transfer": ("money transfer", "transfer bank"),
}
OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")


@pytest.fixture(scope="module")
def learnt(encoder, tmp_path_factory):
    """A model, and the file that its rows lie in."""
    folder = tmp_path_factory.mktemp("learnt")
    topics = {label: [f"{one} {what}" for what in two for one in OPENINGS] for label, two in TOPICS.items()}
    path = folder / "messages.csv"
    lines = [f"{text},{label}" for label, texts in topics.items() for text in texts]
    path.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    return encoder.save_classifier(folder / "support", topics, dataset=str(path)), path


@pytest.fixture
def client(serve, learnt):
    return serve("support", models={"support": learnt[0]})


def ask_until_ready(client, **body):
    """Asks again while the training rows are being embedded."""
    end = time.monotonic() + 30
    while (answer := client.post("/v1/explain", json={"text": TEXT, **body})).json()["examples_state"] == "preparing":
        assert time.monotonic() < end, "the training rows take too long"
        time.sleep(0.05)
    return answer.json()


def test_words_are_weighed_for_the_intent_that_parse_tells(client):
    answer = client.post("/v1/explain", json={"text": TEXT, "k": 0}, headers={"X-Request-Id": "r-1"})
    assert answer.status_code == 200, answer.text
    told, parsed = answer.json(), client.post("/v1/parse", json={"text": TEXT}).json()
    assert set(told) == {
        "intent", "decision", "words", "examples", "examples_state", "rows", "truncated", "tokens",
        "model", "version", "request_id", "latency_ms",
    }  # fmt: skip
    assert (told["intent"], told["decision"], told["tokens"]) == (parsed["intent"], parsed["decision"], 7)
    assert [TEXT[word["start"] : word["end"]] for word in told["words"]] == TEXT.split()
    assert [word["text"] for word in told["words"]] == TEXT.split()
    assert max(told["words"], key=lambda word: word["weight"])["text"] in {"card", "arrive"}
    assert (told["rows"], told["request_id"]) == (2 * 5, "r-1")
    assert (told["examples"], told["examples_state"]) == ([], "not_asked")


def test_the_nearest_training_rows_come_with_intent_line_and_distance(client, learnt):
    lines = learnt[1].read_text(encoding="utf-8").splitlines()
    told = ask_until_ready(client, k=4)
    assert told["examples_state"] == "ready"
    assert len(told["examples"]) == 4
    assert told["examples"][0]["intent"] == "card_arrival"
    for example in told["examples"]:
        assert lines[example["line"] - 1] == f"{example['text']},{example['intent']}"
    distances = [example["distance"] for example in told["examples"]]
    assert distances == sorted(distances)


def test_without_the_training_rows_there_are_words_all_the_same_and_no_path_is_told(serve):
    client = serve("support")
    told = ask_until_ready(client)
    assert (told["examples"], told["examples_state"]) == ([], "missing")
    assert len(told["words"]) == 5
    assert "toy" not in str(told)


def test_a_long_message_is_explained_as_far_as_it_is_read(client):
    told = client.post("/v1/explain", json={"text": "card arrive " * 300, "k": 0}).json()
    assert told["truncated"]
    assert len(told["words"]) == 30
    assert told["rows"] == 60


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": ""}, "/text"),
        ({"text": "  "}, "/text"),
        ({"text": "a" * 4097}, "/text"),
        ({"text": "card", "k": 51}, "/k"),
        ({"text": "card", "top": 3}, "/top"),
        ({}, "/text"),
    ],
)
def test_a_bad_request_is_pointed_at(client, body, pointer):
    answer = client.post("/v1/explain", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_more_than_the_engine_can_do_in_time_is_refused(serve):
    client = serve("support", batch_deadline_s=0.000001)
    refused = [client.post("/v1/explain", json={"text": f"{TEXT} {'now ' * n}", "k": 0}) for n in range(1, 6)]
    assert 429 in {answer.status_code for answer in refused}


def test_a_server_that_ends_lets_go_of_what_it_embeds(client, learnt, settings):
    examples, artifact = Examples(settings, client.context.log), Artifact.load(learnt[0], threads=1)
    examples.close()
    assert examples.of(artifact).state in {"preparing", "missing"}
    examples.close()
    assert examples.of(artifact).state == "missing"
    assert not (settings.cache / "examples").exists()


def test_the_app_closes_what_it_embeds_when_it_ends(learnt, settings):
    models = Models(settings, {"support": str(learnt[0])})
    app = create_app([find_service("support")], open_context(settings, models, keys=False))
    with running(app) as address:
        httpx.post(f"{address}/v1/explain", json={"text": TEXT}, timeout=30)
    assert not [thread for thread in threading.enumerate() if thread.name == "examples"]


def test_others_are_answered_while_a_message_is_explained(client):
    before = client.post("/v1/parse", json={"text": TEXT}).json()["intent"]
    told = [ask_until_ready(client, k=3) for _ in range(3)]
    assert client.post("/v1/parse", json={"text": TEXT}).json()["intent"] == before
    assert told[0]["words"] == told[1]["words"] == told[2]["words"]
