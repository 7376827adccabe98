"""The database under the services: SQLAlchemy 2 Core, SQLite unless a URL says otherwise."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite

from trivet.errors import TrivetError

T = TypeVar("T")

# Writes that wait at the same time share one transaction, and so one wait for the disk.
_GROUP = 256


class StoreError(TrivetError):
    """A database that cannot be opened."""


def open_store(url: str, metadata: MetaData) -> Engine:
    """An engine over the database at a URL, with the tables made.

    SQLite keeps a write-ahead log and waits for the disk at every commit, so that what was acknowledged survives a
    power cut.

    Raises:
        StoreError: it cannot be opened.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        metadata.create_all(engine)
    except Exception as error:
        engine.dispose()
        raise StoreError(
            f"the database cannot be opened ({type(error).__name__}: {error.args[0] if error.args else ''}).",
            where=address.render_as_string(),
            todo="Check TRIVET_DATABASE_URL and the rights of the file.",
        ) from error
    return engine


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str], returning: str
) -> list[Any]:
    """Insert the rows whose `key` is not there yet; the values of `returning` of those that were inserted."""
    if not rows:
        return []
    statement = _dialect(connection).insert(table).values(list(rows)).on_conflict_do_nothing(index_elements=list(key))
    return list(connection.execute(statement.returning(table.c[returning])).scalars())


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]) -> None:
    """Insert rows; where the `key` is there already, the other columns get the new values."""
    if not rows:
        return
    statement = _dialect(connection).insert(table).values(list(rows))
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed))


def _dialect(connection: Connection) -> Any:
    return sqlite if connection.dialect.name == "sqlite" else postgresql


@dataclass(frozen=True, eq=False)
class _Job(Generic[T]):
    write: Callable[[Connection], T]
    done: Future[T]


class Writer:
    """One thread that writes; jobs that wait together are committed together, each in a savepoint of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[Connection], T]) -> T:
        """What the job returns, once it is on the disk. Raises what the job or the commit raises."""
        done: Future[T] = Future()
        self._jobs.put(_Job(job, done))
        return done.result()

    def is_alive(self) -> bool:
        """Whether writes are being made."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, then end."""
        self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        is_open = True
        while is_open:
            first = self._jobs.get()
            if first is None:
                return
            group = [first]
            while len(group) < _GROUP and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    is_open = False
                    break
                group.append(job)
            self._write(group)

    def _write(self, group: Sequence[_Job[Any]]) -> None:
        outcomes: list[tuple[_Job[Any], Any, Exception | None]] = []
        try:
            with self._engine.begin() as connection:
                outcomes = [_try(job, connection) for job in group]
        except Exception as error:
            # Nothing of the group is on the disk.
            outcomes = [(job, None, error) for job in group]
        for job, value, trouble in outcomes:
            if trouble is None:
                job.done.set_result(value)
            else:
                job.done.set_exception(trouble)


def _try(job: _Job[Any], connection: Connection) -> tuple[_Job[Any], Any, Exception | None]:
    try:
        with connection.begin_nested():
            return job, job.write(connection), None
    except Exception as error:
        return job, None, error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin too late for savepoints; `_begin_sqlite` begins them.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
