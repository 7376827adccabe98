"""What every installed service promises about feedback: its answers are kept, and found by what is said of them."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from trivet.recipe import read_recipe
from trivet_service.app import create_app
from trivet_service.commands.openapi import describe_service
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.service import find_service, service_names
from trivet_service.settings import ServiceSettings
from trivet_service.testing import running
from trivet_service.tiny import TinyEncoder

TOPICS = {"first": ["light tent", "head lamp", "camp lamp"], "second": ["trail shoe", "snow shoe", "racing shoe"]}
WORDS = sorted({word for texts in TOPICS.values() for text in texts for word in text.split()})
ROUTES = {"/v1/feedback": {"get", "post"}, "/v1/feedback/summary": {"get"}, "/v1/predictions": {"get"}}
SCOPES = {("post", "/v1/feedback"): "write", ("get", "/v1/feedback/summary"): "read"}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return TinyEncoder.make(tmp_path_factory.mktemp("encoder"), WORDS)


@pytest.fixture(params=service_names())
def name(request):
    return request.param


@pytest.fixture
def client(name, encoder, tmp_path, database_url):
    """A server of the service alone, over a small model of the kind that its recipe trains."""
    service = find_service(name)
    if read_recipe(service.recipes / "default.toml").task.kind == "classification":
        folder = encoder.save_classifier(tmp_path / name, TOPICS)
    else:
        folder = encoder.save_embedder(tmp_path / name, [text for texts in TOPICS.values() for text in texts])
    settings = ServiceSettings(home=tmp_path, cache=tmp_path, database_url=database_url, prediction_texts=True)
    context = open_context(settings, Models(settings, {name: str(folder)}), keys=False)
    with running(create_app([service], context)) as address, httpx.Client(base_url=address, timeout=30) as client:
        yield client


def test_it_has_the_routes_of_feedback_with_their_scopes(name):
    paths = json.loads(describe_service(name))["paths"]
    assert {path: set(paths[path]) for path in ROUTES} == ROUTES
    for path, verbs in ROUTES.items():
        for verb in verbs:
            scopes = {scope for way in paths[path][verb]["security"] for one in way.values() for scope in one}
            assert scopes == {SCOPES.get((verb, path), "train")}


def test_its_answers_are_kept_and_found_by_feedback(name, client):
    spec = json.loads(describe_service(name))
    for path, verbs in spec["paths"].items():
        body = verbs.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        if path.startswith("/v1/") and name in verbs.get("post", {}).get("tags", ()):
            for example in body.get("examples", {}).values():
                client.post(path, json=example["value"])
    end = time.monotonic() + 10
    while not (kept := client.get("/v1/predictions").json()["items"]) and time.monotonic() < end:
        time.sleep(0.05)
    assert {row["service"] for row in kept} == {name}
    assert any(row["text"] or row["shown"] is not None for row in kept)
    for row in kept:
        said = {"request_id": row["request_id"], "item": row["item"], "correct": True}
        told = client.post("/v1/feedback", json=said).json()
        assert (told["joined"], told["service"], told["answered"]) == (True, name, row["label"])
    [counted] = client.get("/v1/feedback/summary").json()["items"]
    assert counted["right"] == len(kept)
