"""Jobs as a worker sees them: it claims one for a while, says how far it is, and hands in what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, func

from trivet_service.jobs.job import Failure, Job, Status, read_job
from trivet_service.jobs.lines import add_lines
from trivet_service.jobs.tables import jobs
from trivet_service.jobs.transitions import move
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Rows

Order = Literal["go on", "cancel", "lost"]


class Claims:
    """What one worker holds. Whoever lost a job, because its lease ran out, can no longer write about it.

    At most `a_tenant` jobs of a tenant run at once; a job that `attempts` workers have lost is given up.
    """

    def __init__(
        self,
        database: Database,
        worker: str,
        *,
        lease_s: float,
        attempts: int,
        a_tenant: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = database.everyone()
        self.worker = worker
        self.lease_s = lease_s
        self._attempts = attempts
        self._a_tenant = a_tenant
        self._clock = clock

    def claim(self) -> Job | None:
        """The next job, now running and ours until the lease runs out; None where none may begin.

        Tenants take turns: the one with the fewest jobs running, then the one that has waited longest since it began
        its last. Within a tenant the oldest is first.
        """
        return self._store.write(self._claim)

    def renew(self, job: Job) -> Order:
        """What is to become of a job that we hold; the lease is made longer where half of it is gone."""

        def look(rows: Rows) -> Order:
            row = rows.first(rows.select(jobs).where(*self._ours(job)))
            if row is None:
                return "lost"
            now = self._clock()
            if row.lease_until - now < self.lease_s / 2:
                rows.update(jobs, {"lease_until": now + self.lease_s}, *self._ours(job))
            return "cancel" if row.cancel_requested else "go on"

        return self._store.write(look)

    def note(self, job: Job, *, progress: float, stage: str, said: Sequence[tuple[float, str]]) -> None:
        """Write how far a job is, and the lines (time, text) that it said; nothing where it is no longer ours."""

        def put(rows: Rows) -> None:
            if rows.update(jobs, {"progress": progress, "stage": stage}, *self._ours(job)):
                add_lines(rows, job.tenant, job.id, said)

        self._store.write(put)

    def finish(self, job: Job, status: Status, *, result: Mapping[str, Any] | None, failure: Failure | None) -> bool:
        """Hand in what came of a job; False where it is no longer ours, and nothing is written."""
        values: dict[str, Any] = {"status": status, "finished_at": self._clock(), "worker": ""}
        values |= {"result": result} if result is not None else {}
        values |= {"error": failure.to_json()} if failure is not None else {}
        values |= {"progress": 1.0, "stage": "done"} if status == "succeeded" else {}
        return self._store.write(lambda rows: move(rows, job, values, *self._ours(job)) is not None)

    def give_back(self, job: Job) -> bool:
        """Put a job back into the queue, as though we had never begun it; the next one goes on from its checkpoint."""
        values = {"status": "queued", "worker": "", "lease_until": 0.0, "attempts": job.attempts - 1}
        return self._store.write(lambda rows: move(rows, job, values, *self._ours(job)) is not None)

    def _claim(self, rows: Rows) -> Job | None:
        # One claim at a time: two that begin together would both find a tenant with nothing running.
        rows.lock("jobs")
        now = self._clock()
        self._collect_lost(rows, now)
        tenant = self._whose_turn(rows)
        if tenant is None:
            return None
        waits = (jobs.c.tenant == tenant, jobs.c.status == "queued")
        # A job that is being cancelled at this moment is passed over.
        found = rows.claim(rows.select(jobs).where(*waits).order_by(jobs.c.created_at, jobs.c.id).limit(1))
        if not found:
            return None
        job = read_job(found[0])
        values = {
            "status": "running",
            "worker": self.worker,
            "attempts": job.attempts + 1,
            "lease_until": now + self.lease_s,
            "started_at": now,
        }
        return move(rows, job, values, *waits)

    def _collect_lost(self, rows: Rows, now: float) -> None:
        """Put jobs back whose workers are gone, and give those up that were lost too often or are not wanted."""
        lost = (jobs.c.status == "running", jobs.c.lease_until < now)
        for job in map(read_job, rows.claim(rows.select(jobs).where(*lost))):
            ended = {"worker": "", "finished_at": now}
            if job.cancel_requested:
                move(rows, job, {"status": "cancelled", **ended}, *lost)
            elif job.attempts >= self._attempts:
                what = f"its worker was lost {job.attempts} times."
                failure = Failure("lost", what, todo="Look into the workers' logs, then ask for it again.")
                move(rows, job, {"status": "failed", "error": failure.to_json(), **ended}, *lost)
            else:
                move(rows, job, {"status": "queued", "worker": "", "lease_until": 0.0}, *lost)
                add_lines(rows, job.tenant, job.id, [(now, "the worker was lost; another takes over")])

    def _whose_turn(self, rows: Rows) -> str | None:
        waiting = rows.fetch(rows.select(jobs, jobs.c.tenant).where(jobs.c.status == "queued").distinct())
        tenants = [row.tenant for row in waiting]
        if not tenants:
            return None
        count = rows.select(jobs, jobs.c.tenant, func.count()).where(jobs.c.status == "running")
        running = dict(map(tuple, rows.fetch(count.group_by(jobs.c.tenant))))
        latest = rows.select(jobs, jobs.c.tenant, func.max(jobs.c.started_at)).where(jobs.c.tenant.in_(tenants))
        begun = dict(map(tuple, rows.fetch(latest.group_by(jobs.c.tenant))))
        free = [tenant for tenant in tenants if running.get(tenant, 0) < self._a_tenant]
        return min(free, key=lambda name: (running.get(name, 0), begun.get(name) or 0.0, name), default=None)

    def _ours(self, job: Job) -> tuple[ColumnElement[bool], ...]:
        return (
            jobs.c.tenant == job.tenant,
            jobs.c.id == job.id,
            jobs.c.status == "running",
            jobs.c.worker == self.worker,
            jobs.c.attempts == job.attempts,
        )
