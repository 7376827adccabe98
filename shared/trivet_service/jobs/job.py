"""A job: long work that somebody asked for and a worker does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sqlalchemy import Row

Kind = Literal["train", "evaluate", "import", "rebuild"]
Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
# What does not change any more.
ENDED: tuple[Status, ...] = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Failure:
    """Why a job failed, for programs (`code`) and people: what is wrong, where, and what to do."""

    code: str
    what: str
    where: str = ""
    todo: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Job:
    """One row of the queue; times are seconds since 1970.

    `progress` runs from 0 to 1, `attempts` counts the workers that began it, `lease_until` is when another may take it,
    `created_by` is the id of a key (empty where none is asked for).
    """

    tenant: str
    id: str
    service: str
    kind: Kind
    request: Mapping[str, Any]
    status: Status
    progress: float
    stage: str
    result: Mapping[str, Any] | None
    error: Mapping[str, str] | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    attempts: int
    lease_until: float
    worker: str
    cancel_requested: bool
    timeout_s: float
    created_by: str
    request_id: str

    @property
    def has_ended(self) -> bool:
        """Whether nothing about it changes any more."""
        return self.status in ENDED

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the process that does the work."""
        return asdict(self)


def read_job(row: Row[Any]) -> Job:
    """The job of a row of `kit_jobs`."""
    return Job(**{field.name: row._mapping[field.name] for field in fields(Job)})
