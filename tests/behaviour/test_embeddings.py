"""`POST /v1/embeddings`: what a client of the OpenAI API sends and reads, for any encoder that is served."""

from __future__ import annotations

import base64
import dataclasses

import numpy as np
import pytest

TEXTS = ["where is my card arrive", "pin lost", "the money transfer"]


@pytest.fixture
def client(serve):
    return serve("support", "recommend")


def ask(client, **body) -> dict:
    answer = client.post("/v1/embeddings", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def vectors(answer: dict) -> np.ndarray:
    return np.array([one["embedding"] for one in answer["data"]])


def test_texts_come_back_as_vectors_in_their_order_in_the_shape_of_openai(client):
    answer = ask(client, input=TEXTS, model="support")
    assert list(answer) == ["object", "data", "model", "usage"]
    assert (answer["object"], answer["model"]) == ("list", "support/0")
    assert [set(one) for one in answer["data"]] == [{"object", "index", "embedding"}] * 3
    assert [(one["object"], one["index"]) for one in answer["data"]] == [("embedding", at) for at in range(3)]
    assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] > 6
    artifact = client.context.models.of("support").artifact
    np.testing.assert_allclose(vectors(answer), artifact.embed(TEXTS), atol=1e-6)


def test_one_text_is_the_same_as_a_list_of_it(client):
    assert ask(client, input=TEXTS[0])["data"] == ask(client, input=TEXTS[:1])["data"]


def test_base64_holds_the_same_numbers_to_the_last_bit(client):
    plain = vectors(ask(client, input=TEXTS))
    coded = ask(client, input=TEXTS, encoding_format="base64")
    found = np.array([np.frombuffer(base64.b64decode(one["embedding"]), "<f4") for one in coded["data"]])
    np.testing.assert_allclose(found, plain, atol=1e-9)
    np.testing.assert_array_equal(found, client.context.models.of("support").artifact.embed(TEXTS))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("", "support/0"), ("support", "support/0"), ("recommend", "recommend/0"), ("recommend/0", "recommend/0")],
)
def test_a_model_goes_by_its_service_or_its_name_and_the_first_is_the_default(client, asked, answered):
    assert ask(client, input="pin", model=asked)["model"] == answered


def test_a_long_text_is_cut_and_counted_as_what_was_read(client):
    answer = client.post("/v1/embeddings", json={"input": ["card " * 500, "card"]})
    assert answer.headers["trivet-truncated"] == "1"
    assert answer.json()["usage"]["prompt_tokens"] == 32 + 3


def test_fewer_dimensions_are_given_where_the_model_was_trained_for_it(client):
    artifact = client.context.models.of("recommend").artifact
    whole = artifact.dim
    refused = client.post("/v1/embeddings", json={"input": "light tent", "model": "recommend", "dimensions": 8})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "dimensions")
    assert ask(client, input="light tent", model="recommend", dimensions=whole)["data"]
    answering = artifact.answering
    nested = dataclasses.replace(answering, facts=dataclasses.replace(answering.facts, dims=(8,)))
    artifact.answering = nested
    cut = vectors(ask(client, input="light tent", model="recommend", dimensions=8))
    assert cut.shape == (1, 8)
    assert np.linalg.norm(cut) == pytest.approx(1.0, abs=1e-6)


def fault(answer, *, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-request-id"]) == 32
    error = answer.json()["error"]
    assert list(answer.json()) == ["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["code"] == code
    return error


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({"input": [[1, 2, 3]]}, "input", "tokens"),
        ({"input": [1, 2, 3]}, "input", "tokens"),
        ({"input": 7}, "input", "string"),
        ({"input": ""}, "input", "character"),
        ({"input": []}, "input", "at least 1"),
        ({"input": ["a", " "]}, "input", "blank"),
        ({}, "input", "required"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format", "base64"),
        ({"input": "a", "dimensions": 0}, "dimensions", "greater"),
        ({"input": "a", "temperature": 0}, "temperature", "not permitted"),
    ],
)
def test_a_mistake_is_said_as_openai_says_it(client, body, param, said):
    error = fault(client.post("/v1/embeddings", json=body), status=400, code="invalid")
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert said in error["message"].lower() or said in error["message"]


def test_a_model_that_is_not_served_is_not_found_and_those_that_are_are_named(client):
    error = fault(
        client.post("/v1/embeddings", json={"input": "a", "model": "gpt"}), status=404, code="model_not_found"
    )
    assert (error["param"], "support, recommend" in error["message"]) == ("model", True)
    fault(client.post("/v1/embeddings", json={"input": "a", "model": "support/9"}), status=404, code="model_not_found")


def test_limits_keys_and_rates_speak_the_same_shape(serve, keys):
    key = {"Authorization": f"Bearer {keys.create(scopes=('read',))[1]}"}
    client = serve("support", keys=True, rate="2/hour", max_batch=2)
    fault(client.post("/v1/embeddings", json={"input": "a"}), status=401, code="invalid_api_key")
    many = client.post("/v1/embeddings", json={"input": ["a"] * 3}, headers=key)
    fault(many, status=413, code="batch_too_large")
    assert client.post("/v1/embeddings", json={"input": "card"}, headers=key).status_code == 200
    limited = client.post("/v1/embeddings", json={"input": "card"}, headers=key)
    assert fault(limited, status=429, code="rate_limit_exceeded")["type"] == "requests"
    assert int(limited.headers["retry-after"]) >= 1
    assert client.post("/v1/parse", json={}).headers["content-type"] == "application/problem+json"


def test_broken_json_is_said_in_that_shape_too(client):
    fault(client.post("/v1/embeddings", content=b"{"), status=400, code="invalid_json")
