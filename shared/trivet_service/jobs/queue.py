"""Jobs as those see them who ask for work."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trivet.errors import OverloadError
from trivet_service.audit import Actor, hold_log, record
from trivet_service.jobs.job import Job, Kind, read_job
from trivet_service.jobs.lines import Line, read_lines
from trivet_service.jobs.tables import jobs
from trivet_service.jobs.transitions import enter, move
from trivet_service.paging import Order, Window, select_page
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Rows

BY_AGE = Order("jobs", (float, str), descending=True)
# Seconds after which it is worth asking again where a tenant's queue is full.
_RETRY_S = 30.0


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be done, checked already."""

    service: str
    kind: Kind
    request: Mapping[str, Any]
    timeout_s: float


class JobQueue:
    """The jobs of one tenant. All of it blocks: call it from a thread."""

    def __init__(self, database: Database, tenant: str, *, clock: Callable[[], float] = time.time) -> None:
        self._store = database.of(tenant)
        self._clock = clock

    def submit(self, wish: Wish, actor: Actor, *, key: str, most: int) -> Job:
        """Put work behind what waits; it is on the disk when this returns.

        Raises:
            OverloadError: `most` jobs of the tenant wait already.
        """
        job = Job(
            tenant=self._store.tenant or "",
            id=uuid.uuid4().hex[:20],
            service=wish.service,
            kind=wish.kind,
            request=wish.request,
            status="queued",
            progress=0.0,
            stage="",
            result=None,
            error=None,
            created_at=self._clock(),
            started_at=None,
            finished_at=None,
            attempts=0,
            lease_until=0.0,
            worker="",
            cancel_requested=False,
            timeout_s=wish.timeout_s,
            created_by=key,
            request_id=actor.request_id,
        )

        def add(rows: Rows) -> None:
            hold_log(rows)
            if rows.count(jobs, jobs.c.status == "queued") >= most:
                raise OverloadError(f"{most} jobs wait already.", retry_after=_RETRY_S)
            enter(rows, job)
            record(rows, actor, "job.created", job.id, {"service": job.service, "kind": job.kind})

        self._store.write(add)
        return job

    def find(self, job: str) -> Job | None:
        """A job of the tenant by its id."""
        return self._store.read(lambda rows: _find(rows, job))

    def page(self, window: Window) -> list[Job]:
        """Jobs in the order `BY_AGE`, the newest first; one more than the window holds where others follow."""

        def fetch(rows: Rows) -> list[Job]:
            query = select_page(rows.select(jobs), window, (jobs.c.created_at, jobs.c.id))
            return [read_job(row) for row in rows.fetch(query)]

        return self._store.read(fetch)

    def cancel(self, job: str, actor: Actor) -> Job | None:
        """Take a job out of the queue, or tell its worker to end it; one that has ended stays as it is."""

        def stop(rows: Rows) -> Job | None:
            hold_log(rows)
            found = _find(rows, job)
            if found is None or found.has_ended or found.cancel_requested:
                return found
            waits = (jobs.c.id == job, jobs.c.status == "queued")
            if not move(rows, found, {"status": "cancelled", "finished_at": self._clock()}, *waits):
                rows.update(jobs, {"cancel_requested": True}, jobs.c.id == job, jobs.c.status == "running")
            record(rows, actor, "job.cancelled", job, {"kind": found.kind, "created_by": found.created_by})
            return _find(rows, job)

        return self._store.write(stop)

    def lines(self, job: str, *, after: int, limit: int) -> list[Line]:
        """What a job said, behind a sequence number."""
        return self._store.read(lambda rows: read_lines(rows, job, after=after, limit=limit))


def _find(rows: Rows, job: str) -> Job | None:
    row = rows.first(rows.select(jobs).where(jobs.c.id == job))
    return None if row is None else read_job(row)
