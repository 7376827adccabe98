"""No tenant sees a byte of another, over every route of every installed service; without the filter this is red."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.service import service_names
from trivet_service.testing import KeyRing
from trivet_service.testing_isolation import Isolation

# Routes whose refusal is all that a server with one version of each model can give; they change no data of a tenant.
UNREACHED = {
    "POST /v1/models/{place}:promote",
    "POST /v1/models/{place}:rollback",
    "POST /v1/models/{place}:shadow",
    "GET /v1/models/{place}/shadow",
    # No texts are kept here, so nothing is in an inbox; tests/behaviour/support/test_inbox.py looks at another's.
    "POST /v1/inbox/{message_id}:label",
    "POST /v1/inbox/{message_id}:discard",
    "POST /v1/inbox:label",
    # Its intent is deleted before; tests/behaviour/support/test_growth.py tries another's.
    "DELETE /v1/intents/{name}/examples/{example_id}",
}

NO_FILTER = "from trivet_service.storage.rows import Rows; Rows._of_tenant = lambda self, table: (); "
NO_GUARD = "Rows._checked = lambda self, query: query; "
RUN = "from trivet.cli.main import run; run()"


@pytest.fixture
def isolation(served, legs, tmp_path, database_url):
    """A server over all services and its two tenants; `mutation` is what its process does first."""

    @contextmanager
    def start(mutation: str = ""):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
            "TRIVET_HOME": str(tmp_path / "home"),
            "TRIVET_CACHE": str(tmp_path / "cache"),
            "TRIVET_DATABASE_URL": database_url,
        }
        fill_registry(tmp_path, legs)
        ring = KeyRing(database_url)
        ring.create(tenant="tenant-a")
        _, operator = ring.create(tenant="*", scopes=["admin"])
        _, other = ring.create(tenant="tenant-b", scopes=["read", "write", "train", "admin"])
        program = (sys.executable, "-c", mutation + RUN)
        with served(*service_names(), environment=environment, program=program) as one:
            clients = [
                httpx.Client(base_url=one.address, headers={"X-API-Key": key}, timeout=30) for key in (operator, other)
            ]
            yield Isolation(*clients, tenant="tenant-a")

    return start


def fill_registry(folder: Path, legs) -> None:
    registry = Registry(str(folder / "home" / "registry"), folder / "cache")
    for name, artifact in legs.items():
        registry.make_live(name, registry.add(artifact, name), Verdict(passed_over="a test"))


def test_no_tenant_sees_or_changes_anything_of_another(isolation):
    with isolation() as tenants:
        tenants.fill()
        assert list(tenants.probe()) == []
        assert len(tenants.seen_by_a) > 10, "A finds its own texts again: there is something to be seen"
        missing = [f"{name}: {told}" for name, told in tenants.unexercised().items() if name not in UNREACHED]
        todo = "Give the route an example in its OpenAPI file that works after those of the other routes:"
        assert not missing, "\n".join([todo, *missing])


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        # What is left is the guard that looks at every query: it ends in an error of ours.
        pytest.param(NO_FILTER, " fails: ", id="without the filter", marks=pytest.mark.slow),
        pytest.param(NO_FILTER + NO_GUARD, " of A: ", id="without filter and guard"),
    ],
)
def test_without_the_filter_of_tenants_this_is_red(isolation, mutation, said):
    with isolation(mutation) as tenants:
        tenants.fill()
        assert any(said in one for one in tenants.probe())
