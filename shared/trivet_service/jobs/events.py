"""A job as a stream of server-sent events: `log` a line, `progress` where it stands, `end` what came of it.

The id of an event is the number of the last line before it, so a reader that comes back with `Last-Event-ID` misses no
line and gets none twice; where the job stands it is told anew.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from trivet_service.jobs.job import Job
from trivet_service.jobs.lines import MOST_LINES, Line
from trivet_service.jobs.queue import JobQueue
from trivet_service.storage.errors import StoreUnavailableError

# Seconds between two looks at the database: the work is done in another process, often on another machine.
_LOOK_S = 0.5
_LINES = 500
# Behind the number of the last line, in the id of `end`: who comes back with it has heard everything.
END = "-end"


@dataclass(frozen=True)
class Told:
    """One event, in the words of the standard."""

    event: str
    data: str
    id: str


def position_of(last_event_id: str) -> int | None:
    """The number of the last line that a reader has; None: it has heard the end."""
    if last_event_id.endswith(END):
        return None
    return int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 10 else 0


async def follow(
    queue: JobQueue, job_id: str, *, after: int, show: Callable[[Job], dict[str, Any]], is_over: Callable[[], bool]
) -> AsyncIterator[Told]:
    """The events of a job from a line on, until it ends or `is_over`; a loss of the database is waited out."""
    told: tuple[Any, ...] = ()
    while not is_over():
        try:
            job, lines = await asyncio.to_thread(_look, queue, job_id, after)
        except StoreUnavailableError:
            await asyncio.sleep(_LOOK_S)
            continue
        if job is None:
            return
        for line in lines:
            after = line.sequence
            yield Told("log", json.dumps({"time": line.time, "line": line.line}), str(after))
        standing = (job.status, job.progress, job.stage, job.attempts, job.cancel_requested)
        if job.has_ended and len(lines) < _LINES:
            yield Told("end", json.dumps(show(job)), f"{after}{END}")
            return
        if standing != told:
            told = standing
            data = {"status": job.status, "progress": job.progress, "stage": job.stage, "attempts": job.attempts}
            yield Told("progress", json.dumps(data), str(after))
        if len(lines) < _LINES:
            await asyncio.sleep(_LOOK_S)


def _look(queue: JobQueue, job_id: str, after: int) -> tuple[Job | None, list[Line]]:
    # The job first: a line that comes between the two is told before the end.
    job = queue.find(job_id)
    return job, queue.lines(job_id, after=min(after, MOST_LINES), limit=_LINES)
