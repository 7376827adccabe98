"""All services in one process: artifacts over one graph share it and its engine thread."""

from __future__ import annotations

import threading


def test_three_services_over_one_encoder_hold_it_once(serve):
    client = serve("support", "finance", "recommend")
    models = list(client.context.models)
    assert len({id(model.artifact.graph) for model in models}) == 1
    assert len(client.context.models.batchers()) == 1
    assert sum(thread.name.startswith("engine-") for thread in threading.enumerate()) == 1
    assert client.post("/v1/parse", json={"text": "my card arrive"}).json()["model"] == "support"
    assert client.post("/v1/analyze", json={"text": "the profit fell"}).json()["model"] == "finance"
    assert client.post("/v1/recommendations", json={}).json()["model"] == "recommend"
    assert set(client.get("/readyz").json()["checks"]) >= {"support.model", "finance.model", "recommend.model"}


def test_when_the_server_ends_nothing_of_it_is_left(serve, artifacts, settings):
    from trivet_service.app import create_app
    from trivet_service.context import open_context
    from trivet_service.models import Models
    from trivet_service.service import find_service
    from trivet_service.testing import running

    before = {thread.name for thread in threading.enumerate()}
    models = Models(settings, {"recommend": str(artifacts["recommend"])})
    with running(create_app([find_service("recommend")], open_context(settings, models, keys=False))):
        graph = models.of("recommend").artifact.graph
        assert {thread.name for thread in threading.enumerate()} > before
    assert not graph.is_loaded
    left = {thread.name for thread in threading.enumerate() if thread.name.startswith(("engine-", "writer", "server"))}
    assert left == set()
