"""What a key may do is what its scopes say: a key with each single scope against every route of every service."""

from __future__ import annotations

import os

import httpx
import pytest

from trivet_service.keys import SCOPES
from trivet_service.service import service_names
from trivet_service.testing import KeyRing
from trivet_service.testing_routes import Call, read_operations, send


@pytest.fixture
def server(served, legs, tmp_path, database_url):
    """A server over all services, and a client a scope."""
    ring = KeyRing(database_url)
    keys = {scope: ring.create(scopes=[scope])[1] for scope in SCOPES}
    models = [word for name in service_names() for word in ("--model", f"{name}={legs[name]}")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_DATABASE_URL": database_url,
    }
    with served(*service_names(), *models, environment=environment) as one:
        yield {
            scope: httpx.Client(base_url=one.address, headers={"X-API-Key": key}, timeout=30)
            for scope, key in keys.items()
        }


def test_every_route_is_open_to_its_scope_and_to_administrators_alone(server):
    operations = read_operations(server["read"].get("/openapi.json").json())
    assert {one.scope for one in operations} == set(SCOPES)
    found = []
    for operation in operations:
        path = operation.path
        for name in operation.names:
            path = path.replace(f"{{{name}}}", "nothing")
        for scope, client in server.items():
            # An empty body: whoever may ask is told that it is one, the others are not even told that.
            answer = send(client, Call(operation, path, {}, "application/json" if operation.bodies else ""))
            is_refused = answer.status == 403 and "lacks the scope" in answer.text
            if is_refused == (scope in (operation.scope, "admin")) or answer.status == 401:
                found.append(f"{operation} needs {operation.scope}, a key with {scope} gets {answer.status}")
    assert found == []
