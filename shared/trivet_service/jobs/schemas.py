"""What the routes of jobs give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_service.jobs.job import Job, Kind, Status
from trivet_service.jobs.lines import Line
from trivet_service.moments import moment
from trivet_service.paging import Page

_JOB: dict[str, Any] = {
    "job_id": "5f0c9d2ab7e14c3f8a61",
    "service": "support",
    "kind": "train",
    "status": "succeeded",
    "progress": 1.0,
    "stage": "done",
    "request": {"dataset": "faq", "data_version": "3f2a9c0d1e4b5a67", "recipe": "default", "overrides": {}},
    "result": {"model": "support--acme", "version": 3, "headline": "support--acme  accuracy 91.2 [88.9-93.1]"},
    "error": None,
    "created_at": "2026-11-24T09:30:00Z",
    "started_at": "2026-11-24T09:30:01Z",
    "finished_at": "2026-11-24T09:30:19Z",
    "attempts": 1,
    "timeout_s": 14400.0,
    "cancel_requested": False,
    "created_by": "3fa9c1d2e0",
    "url": "/v1/jobs/5f0c9d2ab7e14c3f8a61",
    "log_url": "/v1/jobs/5f0c9d2ab7e14c3f8a61/logs",
    "events_url": "/v1/jobs/5f0c9d2ab7e14c3f8a61/events",
    "workers": 1,
}  # fmt: skip

_LISTED: dict[str, Any] = {name: _JOB[name] for name in _JOB if name not in ("result", "workers")}
_LINE: dict[str, Any] = {"sequence": 4, "time": "2026-11-24T09:30:04Z", "line": "stage fit"}


class JobError(BaseModel):
    """Why a job failed: for programs (`code`) and people."""

    code: str = Field(examples=["data"])
    what: str = Field(examples=["the label ('intent') is empty."])
    where: str = Field(examples=["faq/train.csv:17"])
    todo: str = Field(examples=["Mend or remove what is named, nothing was read."])


class JobListed(BaseModel):
    """A job without its result."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LISTED]})

    job_id: str
    service: str
    kind: Kind
    status: Status
    progress: float = Field(ge=0, le=1)
    stage: str = Field(description="What is being done, for people.")
    request: dict[str, Any]
    error: JobError | None
    created_at: datetime
    started_at: datetime | None = Field(description="When the latest attempt began.")
    finished_at: datetime | None
    attempts: int = Field(description="Workers that began it; one that was lost is followed by another.")
    timeout_s: float
    cancel_requested: bool
    created_by: str = Field(description="The id of the key that asked for it.")
    url: str
    log_url: str
    events_url: str


class JobShown(JobListed):
    """A job, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB]})

    result: dict[str, Any] | None
    workers: int = Field(description="Workers seen in the last minute; 0: nobody will do it yet.")


class LineShown(BaseModel):
    """One line of a job's log."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    sequence: int
    time: datetime
    line: str


class JobsPage(Page[JobListed]):
    """Some of the tenant's jobs, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LISTED], "next_cursor": None}]})


class LinesPage(Page[LineShown]):
    """Some lines of a job's log, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LINE], "next_cursor": None}]})


def list_job(job: Job, *, root: str) -> JobListed:
    """A job as a list gives it; `root` is the path that its addresses begin with."""
    return JobListed(**_listed(job, root))


def show_job(job: Job, *, root: str, workers: int) -> JobShown:
    """A job as its own address gives it."""
    return JobShown(**_listed(job, root), result=None if job.result is None else dict(job.result), workers=workers)


def show_line(line: Line) -> LineShown:
    """A line as the log gives it."""
    return LineShown(sequence=line.sequence, time=moment(line.time), line=line.line)


def _listed(job: Job, root: str) -> dict[str, Any]:
    url = f"{root}/{job.id}"
    return {
        "job_id": job.id,
        "service": job.service,
        "kind": job.kind,
        "status": job.status,
        "progress": job.progress,
        "stage": job.stage,
        "request": dict(job.request),
        "error": None if job.error is None else JobError(**job.error),
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at),
        "attempts": job.attempts,
        "timeout_s": job.timeout_s,
        "cancel_requested": job.cancel_requested,
        "created_by": job.created_by,
        "url": url,
        "log_url": f"{url}/logs",
        "events_url": f"{url}/events",
    }
