"""A job as a stream shows it: `log` a line, `progress` where it stands, `end` what came of it.

The id of an event is the number of the last line before it, so a reader that comes back with `Last-Event-ID` misses no
line and gets none twice; where the job stands it is told anew.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from trivet_service.jobs.job import Job
from trivet_service.jobs.lines import MOST_LINES, Line
from trivet_service.jobs.queue import JobQueue
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.streams.feed import Part
from trivet_service.streams.follower import Follower
from trivet_service.streams.frames import show, show_heartbeat, show_opening

# Seconds between two looks at a job that runs: what its worker writes, often on another machine, wakes nobody here.
_LOOK_S = 0.5
_LINES = 500
# Behind the number of the last line, in the id of `end`: who comes back with it has heard everything.
END = "-end"


def position_of(last_event_id: str) -> int | None:
    """The number of the last line that a reader has; None: it has heard the end."""
    if last_event_id.endswith(END):
        return None
    return int(last_event_id) if last_event_id.isdecimal() and len(last_event_id) < 10 else 0


class JobFeed:
    """A job from the line behind `after` on; `render` is how its end is told."""

    def __init__(
        self,
        queue: JobQueue,
        follower: Follower,
        job: Job,
        *,
        after: int,
        render: Callable[[Job], Mapping[str, Any]],
    ) -> None:
        self._queue = queue
        self._follower = follower
        self._job = job
        self._after = after
        self._render = render
        self._told: tuple[Any, ...] = ()

    @asynccontextmanager
    async def opened(self, wake: Callable[[], None]) -> AsyncIterator[None]:
        """As `Feed.opened`; the job wakes it where its status changes."""
        seen = 0

        def hear() -> None:
            nonlocal seen
            news, seen = tail.after(seen), tail.position
            if news is None or any(event.subject == self._job.id for event in news):
                wake()

        async with self._follower.tail(self._job.tenant, hear) as tail:
            seen = tail.position
            yield

    def opening(self) -> bytes:
        """The line that it begins behind."""
        return show_opening(self._after)

    async def next(self) -> Part:
        """As `Feed.next`."""
        try:
            job, lines = await asyncio.to_thread(self._look)
        except StoreUnavailableError:
            return Part(look_s=_LOOK_S)
        if job is None:
            return Part(is_last=True)
        frames = [self._show_line(line) for line in lines]
        is_whole = len(lines) < _LINES
        if job.has_ended and is_whole:
            return Part([*frames, show("end", self._render(job), f"{self._after}{END}")], is_last=True)
        standing = (job.status, job.progress, job.stage, job.attempts, job.cancel_requested)
        if standing != self._told:
            self._told = standing
            data = {"status": job.status, "progress": job.progress, "stage": job.stage, "attempts": job.attempts}
            frames.append(show("progress", data, str(self._after)))
        return Part(frames, look_s=_LOOK_S if job.status == "running" else math.inf)

    def heartbeat(self) -> bytes:
        """As `Feed.heartbeat`."""
        return show_heartbeat(None)

    def _show_line(self, line: Line) -> bytes:
        self._after = line.sequence
        return show("log", {"time": line.time, "line": line.line}, str(line.sequence))

    def _look(self) -> tuple[Job | None, list[Line]]:
        # The job first: a line that comes between the two is told before the end.
        job = self._queue.find(self._job.id)
        return job, self._queue.lines(self._job.id, after=min(self._after, MOST_LINES), limit=_LINES)
