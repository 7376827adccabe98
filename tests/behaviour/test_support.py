"""`trivet serve support`: what a message wants, how sure that is, and what to do."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from trivet.artifact.artifact import Artifact


@pytest.fixture
def client(serve):
    return serve("support")


def test_a_message_is_parsed_with_its_ranking_promise_and_provenance(client):
    answer = client.post(
        "/v1/parse", json={"text": "where is my card arrive", "top": 2}, headers={"X-Request-Id": "r-1"}
    )
    assert answer.status_code == 200, answer.text
    parsed = answer.json()
    assert set(parsed) == {
        "intent", "intents", "ranking", "decision", "out_of_scope", "promise", "operating_point", "entities",
        "language", "rules", "truncated", "tokens",
        "model", "version", "request_id", "latency_ms",
    }  # fmt: skip
    assert parsed["intent"] == parsed["ranking"][0]
    assert parsed["intent"]["name"] == "card_arrival"
    assert parsed["intent"]["confidence"] > 0.9
    assert len(parsed["ranking"]) == 2
    assert parsed["decision"] == "answer"
    assert set(parsed["promise"]) == {"risk", "confidence", "coverage", "held"}
    assert parsed["promise"]["held"]
    assert (parsed["model"], parsed["version"], parsed["request_id"]) == ("support", 0, "r-1")
    assert (parsed["truncated"], parsed["tokens"]) == (False, 7)
    assert parsed["latency_ms"] > 0


def test_a_foreign_message_is_out_of_scope(client):
    parsed = client.post("/v1/parse", json={"text": "asdf"}).json()
    assert parsed["decision"] == "out_of_scope"
    assert parsed["out_of_scope"]["score"] > parsed["out_of_scope"]["threshold"]


def test_a_long_message_is_truncated_and_says_so(client):
    parsed = client.post("/v1/parse", json={"text": "card arrive " * 1000}).json()
    assert parsed["truncated"]
    assert parsed["tokens"] == 2002


def test_only_allowed_intents_are_ranked_and_nothing_is_promised_of_them(client):
    body = {"text": "where is my card arrive", "allowed_intents": ["transfer", "lost_pin"]}
    parsed = client.post("/v1/parse", json=body).json()
    assert {intent["name"] for intent in parsed["ranking"]} == {"transfer", "lost_pin"}
    assert sum(intent["confidence"] for intent in parsed["ranking"]) == pytest.approx(1.0, abs=0.001)
    assert parsed["promise"] is None


def test_an_unknown_allowed_intent_is_pointed_at(client):
    answer = client.post("/v1/parse", json={"text": "card", "allowed_intents": ["transfer", "refund"]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/allowed_intents/1", "detail": "there is no intent 'refund'."}]


def test_a_batch_answers_in_order_as_single_messages_do(client, artifacts):
    texts = [
        f"{opening} {topic}" for opening in ("my", "the", "please my") for topic in ("pin lost", "money transfer", "x")
    ]
    batch = client.post("/v1/parse:batch", json={"texts": texts, "top": 3})
    assert batch.status_code == 200, batch.text
    single = [client.post("/v1/parse", json={"text": text, "top": 3}).json() for text in texts]
    for one, many in zip(single, batch.json()["items"], strict=True):
        assert many == {name: one[name] for name in many}
    offline = Artifact.load(artifacts["support"]).predict(texts)
    assert [item["intent"]["name"] for item in batch.json()["items"]] == [answer.label for answer in offline]


def test_a_batch_over_the_limit_is_refused_before_anything_is_computed(client):
    answer = client.post("/v1/parse:batch", json={"texts": ["card"] * 257})
    assert (answer.status_code, answer.json()["code"]) == (413, "batch_too_large")
    assert client.post("/v1/parse:batch", json={"texts": ["card"] * 256}).status_code == 200


@pytest.mark.parametrize("text", ["\u200b", "\u0000", "\u00ad"])
def test_a_text_without_a_word_is_pointed_at(client, text):
    answer = client.post("/v1/parse", json={"text": text})
    if answer.status_code != 200:
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/text"
    answer = client.post("/v1/parse:batch", json={"texts": ["card", text]})
    if answer.status_code != 200:
        assert answer.json()["errors"][0]["pointer"] == "/texts/1"


def test_many_callers_at_once_each_get_their_own_answer(client):
    topics = {"card arrive": "card_arrival", "pin forgot": "lost_pin", "money transfer": "transfer"}

    async def ask() -> list[tuple[str, str]]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=30) as many:

            async def one(number: int) -> tuple[str, str]:
                topic = list(topics)[number % 3]
                answer = await many.post("/v1/parse", json={"text": f"{'my ' * (1 + number % 5)}{topic}"})
                return topics[topic], answer.json()["intent"]["name"]

            return await asyncio.gather(*(one(number) for number in range(120)))

    pairs = asyncio.run(ask())
    assert [expected for expected, _ in pairs] == [found for _, found in pairs]


def test_more_than_the_engine_can_do_in_time_is_refused_with_a_time_to_come_back(serve):
    client = serve("support", deadline_s=0.000001)
    # Until something was measured nothing is refused on a guess.
    answers = [client.post("/v1/parse", json={"text": f"my card arrive {'now ' * n}"}) for n in range(1, 6)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[-1].headers["retry-after"]) >= 1


def test_the_metrics_count_answers_by_model_and_decision_and_show_the_batcher(client):
    client.post("/v1/parse:batch", json={"texts": ["where is my card arrive", "asdf", "card arrive " * 100]})
    text = client.get("/metrics").text
    counted = {
        line.split('decision="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line.startswith("trivet_answers_total{decision=")
    }
    assert counted == {"answer": 1.0, "out_of_scope": 2.0}
    assert 'trivet_truncated_total{model="support",service="support"} 1.0' in text
    assert 'trivet_model_info{degraded="false",model="support",precision="fp32"' in text
    for name in (
        "trivet_queue_length",
        "trivet_batch_tokens_bucket",
        "trivet_queue_seconds_sum",
        "trivet_engine_seconds_count",
    ):
        assert name in text


def test_readiness_shows_the_model_and_its_queue(client):
    checks = client.get("/readyz").json()["checks"]
    assert checks["support.model"] == {
        "ok": True, "model": "support", "version": 0, "precision": "fp32", "degraded": "",
        "restrictions": [],
    }  # fmt: skip
    queue = next(check for name, check in checks.items() if name.startswith("queue."))
    assert queue == {"ok": True, "waiting": 0, "full": 0.0}


def test_the_log_line_tells_model_tokens_and_decision_but_no_word(client, capfd):
    client.post("/v1/parse", json={"text": "where is my card arrive"})
    client.context.lines.close()
    line = next(line for line in capfd.readouterr().err.splitlines() if '"/v1/parse"' in line)
    for part in ('"service": "support"', '"version": 0', '"tokens": 7', '"decisions": {"answer": 1}', '"texts": 1'):
        assert part in line
    assert "arrive" not in line
