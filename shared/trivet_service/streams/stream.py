"""The answer to a reader who follows something: server-sent events until one of the two leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trivet_service.connections import PART
from trivet_service.streams.feed import Feed
from trivet_service.streams.frames import in_pieces, show_end, show_slow

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

# Why a stream ended: its reader left, took nothing, or lost its key; the server stops; or there is no more to come.
Ending: TypeAlias = Literal["left", "slow", "key", "drain", "done"]
_WORDS: Mapping[Ending, str] = {
    "key": "the key no longer opens this",
    "drain": "the server stops; come back in a moment",
    "done": "there is nothing more to come",
}


class SlowReaderError(Exception):
    """The reader took nothing for too long."""


@dataclass(frozen=True)
class Pace:
    """Seconds between heartbeats, and those after which a reader who takes nothing is let go."""

    heartbeat_s: float
    stall_s: float


class Stream(Response):
    """Server-sent events of a feed.

    It takes a seat before it begins, which may raise; `may_stay` is asked at every heartbeat.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        feed: Feed,
        *,
        pace: Pace,
        seat: Callable[[Stream], AbstractContextManager[None]],
        may_stay: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(headers=_HEADERS)
        # It ends when it ends.
        del self.headers["content-length"]
        self.ended_by: Ending = "left"
        self._feed = feed
        self._pace = pace
        self._seat = seat
        self._may_stay = may_stay
        self._woken = asyncio.Event()
        self._clock: asyncio.Timeout | None = None

    def end(self, why: Ending) -> None:
        """End the stream at once, telling the reader why; only from the thread of the event loop."""
        self.ended_by = why
        self._woken.set()
        if self._clock is not None:
            self._clock.reschedule(0.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # From the end of the request on its connection is watched, and this is cancelled when it closes.
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.disconnect":
            return
        with self._seat(self):
            async with self._feed.opened(self._woken.set):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                try:
                    await self._serve(send)
                except SlowReaderError:
                    if self.ended_by == "left":
                        self.ended_by = "slow"
                    # What it has not taken yet waits in the connection, and the last frame behind it.
                    part: Callable[[float], None] | None = scope.get("extensions", {}).get(PART)
                    if part is None:
                        return
                    part(self._pace.stall_s)
                last = show_slow(self._pace.stall_s) if self.ended_by == "slow" else show_end(_WORDS[self.ended_by])
                await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _serve(self, send: Send) -> None:
        await self._send(send, self._feed.opening())
        heard = asked = time.monotonic()
        while self.ended_by == "left":
            self._woken.clear()
            part, is_news = await self._feed.next(), False
            for piece in in_pieces(part.frames):
                await self._send(send, piece)
                heard, is_news = time.monotonic(), True
            if part.is_last:
                self.ended_by = "done"
                return
            now = time.monotonic()
            if now - asked >= self._pace.heartbeat_s:
                asked = now
                if not await self._may_stay():
                    self.ended_by = "key"
            if now - heard >= self._pace.heartbeat_s:
                await self._send(send, self._feed.heartbeat())
                heard = now
            if not is_news and self.ended_by == "left":
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(part.look_s, heard + self._pace.heartbeat_s - time.monotonic())):
                        await self._woken.wait()

    async def _send(self, send: Send, piece: bytes) -> None:
        """Hand a piece to the connection.

        Raises:
            SlowReaderError: the reader has not taken what is before it, or the stream was ended meanwhile.
        """
        try:
            async with asyncio.timeout(self._pace.stall_s) as self._clock:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError as error:
            raise SlowReaderError from error
        finally:
            self._clock = None
