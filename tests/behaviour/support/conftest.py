"""Servers of support over one home and one database of each kind; every test has a tenant of its own."""

from __future__ import annotations

import os

import httpx
import pytest

from trivet_service.testing import KeyRing


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request, tmp_path_factory):
    """The environment of servers over one home and one database."""
    folder = tmp_path_factory.mktemp("place")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    own = {"TRIVET_HOME": str(folder / "home"), "TRIVET_CACHE": str(folder / "cache")}
    if request.param == "sqlite":
        yield inherited | own | {"TRIVET_DATABASE_URL": f"sqlite:///{folder / 'store.db'}"}
        return
    with request.getfixturevalue("postgres").database() as url:
        yield inherited | own | {"TRIVET_DATABASE_URL": url}


@pytest.fixture(scope="module")
def ring(place):
    return KeyRing(place["TRIVET_DATABASE_URL"])


@pytest.fixture(scope="module")
def start(served, artifacts, place, ring):
    """Start a `trivet serve support`; every one of them has the same home and database."""
    ring.create()
    return lambda: served("support", "--model", f"support={artifacts['support']}", environment=place)


@pytest.fixture(scope="module")
def server(start):
    with start() as one:
        yield one


@pytest.fixture
def key(ring, request):
    """The key of a tenant that no other test has."""
    return ring.create(tenant=f"t{abs(hash(request.node.name)) % 10**9}", scopes=["read", "write", "train"])[1]


@pytest.fixture(scope="session")
def connect():
    """Connects to a server with a key."""
    return lambda server, key: httpx.Client(base_url=server.address, headers={"X-API-Key": key}, timeout=30)


@pytest.fixture
def client(server, key, connect):
    with connect(server, key) as one:
        yield one
