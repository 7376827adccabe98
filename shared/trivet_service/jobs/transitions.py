"""How a job comes into the queue and from one status to the next: everybody who follows jobs is told here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement

from trivet_service.jobs.job import Job, Status
from trivet_service.jobs.tables import jobs
from trivet_service.outbox import put
from trivet_service.storage.rows import Rows

_EVENTS: Mapping[Status, str] = {
    "queued": "job.queued",
    "running": "job.started",
    "succeeded": "job.succeeded",
    "failed": "job.failed",
    "cancelled": "job.cancelled",
}


def enter(rows: Rows, job: Job) -> None:
    """Write a job that is new."""
    rows.insert(jobs, [job.to_json()])
    _announce(rows, job)


def move(rows: Rows, job: Job, values: Mapping[str, Any], *where: ColumnElement[bool]) -> Job | None:
    """Give a job other values, the status among them, unless `where` no longer holds; then None."""
    if not rows.update(jobs, values, jobs.c.tenant == job.tenant, jobs.c.id == job.id, *where):
        return None
    moved = replace(job, **values)
    _announce(rows, moved)
    return moved


def _announce(rows: Rows, job: Job) -> None:
    data: dict[str, Any] = {"job_id": job.id, "service": job.service, "kind": job.kind, "status": job.status}
    if job.result is not None:
        # What a reader goes on with; the whole is at the job's address.
        data |= {name: job.result[name] for name in ("model", "version", "headline") if name in job.result}
    if job.error is not None:
        data["error"] = {name: str(job.error.get(name, ""))[:500] for name in ("code", "what")}
    owner = job.tenant if rows.tenant is None else ""
    put(rows, "jobs", _EVENTS[job.status], data, subject=job.id, request_id=job.request_id, tenant=owner)
