"""Server-sent events of a job, in one of the seats that all streams share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from trivet_service.connections import PART
from trivet_service.jobs.events import follow
from trivet_service.jobs.job import Job
from trivet_service.jobs.queue import JobQueue
from trivet_service.streams.stream import Ending, Pace


class JobStream(EventSourceResponse):
    """The events of a job behind the line `after`, until it ends, its reader leaves or the server stops.

    It takes a seat before it begins, which may raise; `may_stay` is asked at every heartbeat.
    """

    def __init__(
        self,
        queue: JobQueue,
        job_id: str,
        *,
        after: int,
        show: Callable[[Job], dict[str, Any]],
        pace: Pace,
        seat: Callable[[JobStream], AbstractContextManager[None]],
        may_stay: Callable[[], Awaitable[bool]],
    ) -> None:
        self.ended_by: Ending = "left"
        self._is_over = False
        self._pace = pace
        self._seat = seat
        self._may_stay = may_stay
        told = follow(queue, job_id, after=after, show=show, is_over=lambda: self._is_over)
        frames = (ServerSentEvent(one.data, event=one.event, id=one.id) async for one in self._ended(told))
        super().__init__(frames, ping=pace.heartbeat_s, send_timeout=pace.stall_s)

    def end(self, why: Ending) -> None:
        """End the stream within the next look at the job."""
        self.ended_by, self._is_over = why, True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._seat(self):
            watching = asyncio.create_task(self._watch_key())
            try:
                await super().__call__(scope, receive, send)
            except SendTimeoutError:
                self.ended_by = "slow"
                part: Callable[[float], None] | None = scope.get("extensions", {}).get(PART)
                if part is not None:
                    # What it has not taken yet waits in the connection, and the end behind it.
                    part(self._pace.stall_s)
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                watching.cancel()

    async def _ended(self, told: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for one in told:
            yield one
        if self.ended_by == "left":
            self.ended_by = "done"

    async def _watch_key(self) -> None:
        while await self._may_stay():
            await asyncio.sleep(self._pace.heartbeat_s)
        self.end("key")
