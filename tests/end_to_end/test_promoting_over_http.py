"""A trained version goes live over HTTP: through its gates, without a restart, and back in one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def surgery(trivet: Callable[..., Any]) -> list[str]:
    """Two versions of one name: the first is live, the second asks more of itself than it reaches."""
    words = ("train", "support", "sample-clinic", "--name", "surgery", "--json")
    first = trivet(*words)
    second = trivet(*words, "--no-promote", "--set", "method.expansion=2000", "--set", "gates.min_score=1.0")
    return [json.loads(done.stdout)["reference"] for done in (first, second)]


def test_gates_decide_and_the_running_server_follows(
    surgery: list[str], environment: Mapping[str, str], served: Callable[..., Any], trivet: Callable[..., Any]
) -> None:
    assert surgery == ["surgery/1", "surgery/2"]
    with (
        served("support", "--insecure", "--model", "support=surgery@live", environment=environment) as server,
        httpx.Client(base_url=server.address, timeout=120) as client,
    ):

        def version() -> int:
            return client.post("/v1/parse", json={"text": "I need to move my appointment"}).json()["version"]

        assert version() == 1
        refused = client.post("/v1/models/support:promote", json={"version": 2})
        assert (refused.status_code, refused.json().get("code")) == (409, "gate_refused"), refused.text
        assert version() == 1
        forced = client.post("/v1/models/support:promote", json={"version": 2, "force": True, "reason": "for a day"})
        assert (forced.status_code, version()) == (200, 2), forced.text
        assert [gate["passed"] for gate in forced.json()["gates"]].count(False) == 1
        promoted = client.post("/v1/models/support:promote", json={"version": 1})
        assert promoted.status_code == 200, promoted.text
        assert all(gate["passed"] for gate in promoted.json()["gates"])
        assert promoted.json()["gates"]
        assert (promoted.json()["live"]["version"], version()) == (1, 1)
    log = json.loads(trivet("registry", "log", "surgery", "--json").stdout)
    assert [(row["change"], row["version"]) for row in log if row["alias"] == "live"] == [
        ("set", 1),
        ("refused", 2),
        ("set", 2),
        ("set", 1),
    ]
