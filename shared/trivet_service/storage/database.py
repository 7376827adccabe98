"""The database of a process: SQLite unless a URL says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from trivet_service.storage.domain import Domain
from trivet_service.storage.engine import answering, open_engine
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.migrate import upgrade
from trivet_service.storage.rows import Rows
from trivet_service.storage.writer import Writer

T = TypeVar("T")


class Database:
    """Opened once an app starts; what was written is on the disk when the call returns."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._listeners: list[tuple[str, Callable[[], None]]] = []

    def open(self, domains: Sequence[Domain]) -> None:
        """Connect, and bring the tables of the domains to today's revision.

        Raises:
            StoreError: it cannot be opened, or was made by a newer version.
        """
        engine = open_engine(self.url)
        try:
            upgrade(engine, domains)
        except BaseException:
            engine.dispose()
            raise
        self._engine, self._writer = engine, Writer(engine, tell=self._tell)

    def of(self, tenant: str) -> TenantStore:
        """What belongs to a tenant."""
        return TenantStore(self, tenant)

    def everyone(self) -> TenantStore:
        """What belongs to anybody: for start-up, workers and pruning; never for what a caller asks."""
        return TenantStore(self, None)

    @contextmanager
    def listening(self, what: str, call: Callable[[], None]) -> Iterator[None]:
        """Call `call` within the block whenever a transaction of this process that announced `what` is on the disk.

        It runs in the thread that writes, so it only wakes somebody up.
        """
        self._listeners.append((what, call))
        try:
            yield
        finally:
            self._listeners.remove((what, call))

    @property
    def engine(self) -> Engine:
        """The engine. Raises StoreUnavailableError where the database is not open."""
        if self._engine is None:
            raise StoreUnavailableError("the database is not open.")
        return self._engine

    @property
    def writer(self) -> Writer:
        """The thread that writes. Raises StoreUnavailableError where the database is not open."""
        if self._writer is None:
            raise StoreUnavailableError("the database is not open.")
        return self._writer

    def is_well(self) -> bool:
        """Whether it answers and writes are being made."""
        try:
            with answering(), self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except StoreUnavailableError:
            return False
        return self.writer.is_alive()

    def _tell(self, what: str) -> None:
        for heard, call in tuple(self._listeners):
            if heard == what:
                call()

    def close(self) -> None:
        """Write what waits and let go."""
        if self._writer is not None:
            self._writer.close()
        if self._engine is not None:
            self._engine.dispose()
        self._engine = self._writer = None


class TenantStore:
    """The rows of one tenant: reads side by side, writes in groups. All of it blocks: call it from a thread."""

    def __init__(self, database: Database, tenant: str | None) -> None:
        self.tenant = tenant
        self._database = database

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Rows of one moment.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with answering(), self._database.engine.connect() as connection:
            yield Rows(connection, self.tenant)

    def read(self, work: Callable[[Rows], T]) -> T:
        """What `work` makes of the rows. Raises as `reading`."""
        with self.reading() as rows:
            return work(rows)

    def write(self, work: Callable[[Rows], T]) -> T:
        """What `work` returns, once what it changed is on the disk; if it raises, nothing is changed.

        `work` shares a transaction with others that wait, in a savepoint of its own, so it must be short.

        Raises:
            StoreUnavailableError: the database does not answer; nothing is known to be stored.
        """
        with answering():
            return self.write_later(work).result()

    def write_later(self, work: Callable[[Rows], T]) -> Future[T]:
        """As `write`, without waiting for the disk; the future raises what the database raised."""
        writer = self._database.writer
        return writer.submit(partial(_on_connection, work=work, tenant=self.tenant, announce=writer.announce))


def _on_connection(
    connection: Connection, *, work: Callable[[Rows], T], tenant: str | None, announce: Callable[[str], None]
) -> T:
    return work(Rows(connection, tenant, announce=announce))
