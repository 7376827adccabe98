"""Runs an app on a free loopback port for as long as a test needs it, and makes keys for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from fastapi import FastAPI

from trivet_service.audit import Actor
from trivet_service.key_store import Keys
from trivet_service.keys import Key
from trivet_service.server import make_server, open_listener, run_server
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_service.tenants import Tenants

T = TypeVar("T")


@contextmanager
def running(app: FastAPI, *, start_s: float = 30.0) -> Iterator[str]:
    """The address of a real server over the app; it has drained when the block ends.

    Raises:
        Exception: what kept the app from starting.
    """
    listener = open_listener("127.0.0.1", 0)
    server = make_server(app, drain_s=10)
    thread = threading.Thread(target=run_server, args=(server, listener), name="server")
    thread.start()
    try:
        end = time.monotonic() + start_s
        while not server.started:
            for trouble in app.state.context.troubles:
                raise trouble
            assert thread.is_alive(), "the app ended before it started"
            assert time.monotonic() < end, "the app took too long to start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
        app.state.context.lines.close()


def wait_until(claim: Callable[[], T], *, seconds: float = 10.0) -> T:
    """What `claim` says once that is true; an AssertionError where it does not become true in time."""
    end = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return found


class KeyRing:
    """Keys in a database that a server may be using, as `trivet keys` would change them from another process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._actor = Actor("test")

    def create(
        self, *, scopes: Collection[str] = ("read",), tenant: str = "default", name: str = "me"
    ) -> tuple[Key, str]:
        """A new key and its text; the tenant is made if it is not there."""

        def make(database: Database) -> tuple[Key, str]:
            Tenants(database).ensure(tenant, actor=self._actor)
            return Keys(database).create(tenant, name=name, scopes=scopes, actor=self._actor)

        return self.run(make)

    def revoke(self, key: Key) -> Key:
        """The key, which opens nothing any more."""
        return self.run(lambda database: Keys(database).revoke(key.tenant, key.id, actor=self._actor))

    def rotate(self, key: Key, *, overlap_s: float = 0.0) -> tuple[Key, str]:
        """A key in place of another."""

        def turn(database: Database) -> tuple[Key, str]:
            return Keys(database).rotate(key.tenant, key.id, actor=self._actor, overlap_s=overlap_s)

        return self.run(turn)

    def run(self, work: Callable[[Database], T]) -> T:
        """What `work` returns, with the database open meanwhile."""
        database = Database(self.url)
        database.open([kit_domain()])
        try:
            return work(database)
        finally:
            database.close()
