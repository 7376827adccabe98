"""What jobs say while they run: lines in the order they were said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func

from trivet_service.jobs.tables import job_logs
from trivet_service.storage.rows import Rows

# A job that says more than this is not read by anybody; what it said last is in its error.
MOST_LINES = 10_000
MOST_CHARACTERS = 2_000


@dataclass(frozen=True)
class Line:
    """One line of a job's log; `sequence` counts from 1."""

    sequence: int
    time: float
    line: str


def add_lines(rows: Rows, tenant: str, job: str, said: Sequence[tuple[float, str]]) -> None:
    """Write lines (time, text) behind those that are there; the last that fits says that there were more."""
    query = rows.select(job_logs, func.max(job_logs.c.sequence)).where(job_logs.c.tenant == tenant)
    first = rows.first(query.where(job_logs.c.job == job))
    start = (first[0] or 0 if first else 0) + 1
    kept = [
        {"tenant": tenant, "job": job, "sequence": sequence, "time": time, "line": _shorten(sequence, line)}
        for sequence, (time, line) in enumerate(said, start=start)
        if sequence <= MOST_LINES
    ]
    rows.insert(job_logs, kept)


def read_lines(rows: Rows, job: str, *, after: int, limit: int) -> list[Line]:
    """The lines of one of the tenant's jobs behind a sequence number."""
    columns = (job_logs.c.sequence, job_logs.c.time, job_logs.c.line)
    query = rows.select(job_logs, *columns).where(job_logs.c.job == job, job_logs.c.sequence > after)
    return [Line(*row) for row in rows.fetch(query.order_by(job_logs.c.sequence).limit(limit))]


def _shorten(sequence: int, line: str) -> str:
    if sequence == MOST_LINES:
        return "... (more lines than are kept)"
    # Both databases hold any text but NUL and halves of surrogate pairs.
    clean = line.replace("\x00", "").encode(errors="replace").decode()
    return clean if len(clean) <= MOST_CHARACTERS else f"{clean[:MOST_CHARACTERS]}..."
