"""`trivet serve finance`: how good or bad news is."""

from __future__ import annotations

import pytest


@pytest.fixture
def client(serve):
    return serve("finance")


def test_a_text_is_scored_on_the_standard_scale(client):
    answer = client.post("/v1/analyze", json={"text": "the profit fell today"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert set(found) == {
        "sentiment", "confidence", "score", "probabilities", "decision", "truncated", "tokens",
        "model", "version", "request_id", "latency_ms",
    }  # fmt: skip
    assert found["sentiment"] == "negative"
    assert found["score"] < -0.9
    assert set(found["probabilities"]) == {"positive", "negative", "neutral"}
    assert sum(found["probabilities"].values()) == pytest.approx(1.0, abs=0.001)
    assert found["score"] == pytest.approx(
        found["probabilities"]["positive"] - found["probabilities"]["negative"], abs=0.001
    )


def test_articles_come_back_in_order_under_their_own_names(client):
    texts = {"a": "the profit rose", "b": "the profit fell", "c": "the annual meeting"}
    body = {"articles": [{"id": name, "text": text} for name, text in texts.items()]}
    found = client.post("/v1/analyze", json=body).json()
    assert [(one["id"], one["sentiment"]) for one in found["articles"]] == [
        ("a", "positive"), ("b", "negative"), ("c", "neutral"),
    ]  # fmt: skip
    assert found["model"] == "finance"
    single = client.post("/v1/analyze", json={"text": texts["a"]}).json()
    assert found["articles"][0] == {"id": "a"} | {name: single[name] for name in found["articles"][0] if name != "id"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"text": "a", "articles": [{"id": "a", "text": "b"}]}, ""),
        ({"articles": []}, "/articles"),
        ({"articles": [{"id": "a", "text": "profit"}, {"id": "b", "text": " "}]}, "/articles/1/text"),
        ({"articles": [{"text": "profit"}]}, "/articles/0/id"),
        ({"text": 5}, "/text"),
    ],
)
def test_a_malformed_request_is_pointed_at(client, body, pointer):
    answer = client.post("/v1/analyze", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_too_many_articles_are_refused(client):
    answer = client.post("/v1/analyze", json={"articles": [{"id": "a", "text": "profit"}] * 257})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (413, "/articles")
