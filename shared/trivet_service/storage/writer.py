"""One thread that writes; what waits together is committed together."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from trivet_service.storage.errors import StoreUnavailableError

T = TypeVar("T")

# Writes that wait at the same time share one transaction, and so one wait for the disk.
_GROUP = 256
# How often a job is written again that lost its locks to another process, and what PostgreSQL calls that.
_AGAIN = 3
_DEADLOCK = "40P01"


@dataclass(frozen=True, eq=False)
class _Job(Generic[T]):
    write: Callable[[Connection], T]
    done: Future[T]


class Writer:
    """Jobs that wait together are committed together, each in a savepoint of its own: one that fails takes no other.

    So a group takes locks in the order of its jobs, and may wait for the group of another process that waits for it.
    The job that the database then ends is written again, alone: so a job leaves no trace outside of the database.
    """

    def __init__(self, engine: Engine, *, tell: Callable[[str], None] = lambda _: None) -> None:
        self._engine = engine.execution_options(trivet_writes=True)
        self._tell = tell
        self._announced: set[str] = set()
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._is_open = True
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[Connection], T]) -> T:
        """What the job returns, once it is on the disk. Raises what the job or the commit raises."""
        return self.submit(job).result()

    def submit(self, job: Callable[[Connection], T]) -> Future[T]:
        """What the job will return, once it is on the disk.

        Raises:
            StoreUnavailableError: the writer has been closed.
        """
        done: Future[T] = Future()
        with self._closing:
            if not self._is_open:
                raise StoreUnavailableError("the database has been closed.")
            self._jobs.put(_Job(job, done))
        return done

    def announce(self, what: str) -> None:
        """Have `tell` called with this once the transaction is on the disk; only a job may ask for it."""
        self._announced.add(what)

    def is_alive(self) -> bool:
        """Whether writes are being made."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, then end."""
        with self._closing:
            self._is_open = False
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

    def _write(self, group: Sequence[_Job[Any]], *, again: int = _AGAIN) -> None:
        losers: list[_Job[Any]] = []
        for job, value, trouble in self._commit(group):
            if trouble is None:
                job.done.set_result(value)
            elif again and _is_deadlock(trouble):
                losers.append(job)
            else:
                job.done.set_exception(trouble)
        for what in self._announced:
            self._tell(what)
        for job in losers:
            self._write([job], again=again - 1)

    def _commit(self, group: Sequence[_Job[Any]]) -> list[tuple[_Job[Any], Any, Exception | None]]:
        outcomes: list[tuple[_Job[Any], Any, Exception | None]] = []
        self._announced.clear()
        try:
            with self._engine.begin() as connection:
                for job in group:
                    outcomes.append(_try(job, connection))
                    if connection.invalidated:
                        raise outcomes[-1][2] or ConnectionError("the database has gone")
        except Exception as error:
            # Nothing of the group is on the disk.
            outcomes = [(job, None, error) for job in group]
            self._announced.clear()
        return outcomes


def _try(job: _Job[Any], connection: Connection) -> tuple[_Job[Any], Any, Exception | None]:
    try:
        with connection.begin_nested():
            return job, job.write(connection), None
    except Exception as error:
        return job, None, error


def _is_deadlock(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _DEADLOCK
