"""What every installed service promises while one version takes another's place."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from trivet.recipe import read_recipe
from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.service import find_service, service_names
from trivet_service.settings import ServiceSettings
from trivet_service.testing import running
from trivet_service.tiny import TinyEncoder

# Labels that the examples of some service name.
LABELS = ("card_arrival", "lost_or_stolen_card", "positive", "negative")


def examples_of(app, name: str) -> list[tuple[str, dict]]:
    """Path and body of every example of a route of the service whose answer names the model that gave it."""
    spec = app.openapi()
    schemas = spec["components"]["schemas"]

    def names_its_model(operation: dict) -> bool:
        shown = json.dumps(operation["responses"].get("200", {}))
        named = [schemas[one] for one in re.findall(r"#/components/schemas/(\w+)", shown)]
        return any({"model", "version", "latency_ms"} <= set(one.get("properties", ())) for one in named)

    return [
        (path, example["value"])
        for path, verbs in spec["paths"].items()
        for verb, operation in verbs.items()
        if verb == "post" and operation["tags"] == [name] and names_its_model(operation)
        for example in operation["requestBody"]["content"]["application/json"]["examples"].values()
    ]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    words = ["card", "still", "not", "here", "running", "shoe", "forecast", "profit", "doubled", "racer"]
    return TinyEncoder.make(tmp_path_factory.mktemp("encoder"), words)


@pytest.fixture(params=service_names())
def name(request):
    return request.param


@pytest.fixture
def registry(tmp_path, name, encoder):
    """Two versions of what the service's own recipe trains; the first is live."""
    task = read_recipe(find_service(name).recipes / "default.toml").task.kind
    made = Registry(str(tmp_path / "home" / "registry"), tmp_path / "cache")
    for version in ("card", "shoe"):
        folder = tmp_path / version / name
        if task == "similarity":
            made.add(encoder.save_embedder(folder, [f"{version} running", "racer", "profit doubled"]), name)
        else:
            rows = {label: [f"{version} {word}" for word in ("still", "here", "not")] * 4 for label in LABELS}
            made.add(encoder.save_classifier(folder, rows), name)
    made.make_live(name, 1, Verdict(passed_over="a test"))
    return made


@pytest.fixture
def client(tmp_path, name, registry) -> Iterator[httpx.Client]:
    settings = ServiceSettings(home=tmp_path / "home", cache=tmp_path / "cache", watch_s=0.05)
    context = open_context(settings, Models(settings, {name: f"{name}@live"}), keys=False)
    app = create_app([find_service(name)], context)
    with running(app) as base, httpx.Client(base_url=base, timeout=30) as made:
        made.examples = examples_of(app, name)
        yield made


def test_it_answers_every_example_through_a_swap_and_each_answer_names_its_version(client, name, registry):
    failed: list[str] = []
    seen: list[int] = []
    models: set[str] = set()
    ends = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=client.base_url, timeout=30) as asking:
            while not ends.is_set():
                for path, body in client.examples:
                    answer = asking.post(path, json=body)
                    if answer.status_code not in (200, 201, 202):
                        failed.append(f"{path}: {answer.text}")
                    elif "version" in answer.json():
                        seen.append(answer.json()["version"])
                        models.add(answer.json()["model"])

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    try:
        for version in (2, 1, 2):
            registry.make_live(name, version, Verdict(passed_over="a test"))
            end = time.monotonic() + 20
            while not seen or seen[-1] != version:
                assert time.monotonic() < end, f"version {version} never answered"
                time.sleep(0.01)
    finally:
        ends.set()
        for thread in asking:
            thread.join()
    assert failed == []
    assert (set(seen), models) == ({1, 2}, {name})


def test_a_damaged_version_is_refused_and_it_goes_on(client, name, registry):
    folder = registry.fetch(f"{name}/2")
    facts = (folder / "facts.json").read_bytes()
    (folder / "facts.json").write_bytes(re.sub(rb"\d", b"9", facts, count=1))
    answer = client.post(f"/v1/models/{name}:promote", json={"version": 2, "force": True, "reason": "a test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "artifact_refused")
    for path, body in client.examples:
        answer = client.post(path, json=body)
        assert answer.status_code in (200, 201, 202), f"{path}: {answer.text}"
        assert answer.json().get("version", 1) == 1
