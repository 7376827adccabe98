"""One reader's stream: what it has missed, then what happens, until either side ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from trivet_service.connections import PART
from trivet_service.storage.database import TenantStore
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.streams.event import Event
from trivet_service.streams.follower import Follower
from trivet_service.streams.frames import (
    in_pieces,
    show_end,
    show_event,
    show_gap,
    show_heartbeat,
    show_opening,
    show_reset,
    show_slow,
)
from trivet_service.streams.log import Wanted, read_slice
from trivet_service.streams.tail import Tail

_SLICE = 200
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
    """Server-sent events of a tenant behind the number `after`; None: only what happens from now on.

    It holds a position, not events, so a reader who is slow costs no memory. It takes a seat before it begins, which
    may raise; `may_stay` is asked at every heartbeat; `ends_with` says which event is the last one.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        store: TenantStore,
        follower: Follower,
        *,
        wanted: Wanted,
        after: int | None,
        pace: Pace,
        seat: Callable[[Stream], AbstractContextManager[None]],
        may_stay: Callable[[], Awaitable[bool]],
        ends_with: Callable[[Event], bool] = lambda _: False,
    ) -> None:
        super().__init__(headers=_HEADERS)
        # It ends when it ends.
        del self.headers["content-length"]
        self.ended_by: Ending = "left"
        self._store = store
        self._follower = follower
        self._wanted = wanted
        self._after = after
        self._pace = pace
        self._seat = seat
        self._may_stay = may_stay
        self._ends_with = ends_with
        self._woken = asyncio.Event()
        self._clock: asyncio.Timeout | None = None

    def end(self, why: Ending) -> None:
        """End the stream at once, telling the reader why; only from the thread of the event loop."""
        self.ended_by = why
        self._woken.set()
        if self._clock is not None:
            self._clock.reschedule(0.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._store.tenant is not None, "a stream belongs to a tenant"
        # From the end of the request on its connection is watched, and this is cancelled when it closes.
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.disconnect":
            return
        with self._seat(self):
            async with self._follower.tail(self._store.tenant, self._woken.set) as tail:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                try:
                    await self._serve(tail, send)
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

    async def _serve(self, tail: Tail, send: Send) -> None:
        position = tail.position if self._after is None else self._after
        await self._send(send, show_opening(position))
        if position > tail.position:
            await self._send(send, show_reset(position, tail.position))
            position = tail.position
        shown, heard, asked = position, time.monotonic(), time.monotonic()
        while self.ended_by == "left":
            self._woken.clear()
            events, position, lost = await self._next(tail, position)
            if lost:
                await self._send(send, show_gap(lost, events[0].sequence - 1 if events else position))
            for last, piece in in_pieces(self._frames(events)):
                await self._send(send, piece)
                shown, heard = last, time.monotonic()
            now = time.monotonic()
            if now - asked >= self._pace.heartbeat_s:
                asked = now
                if not await self._may_stay():
                    self.ended_by = "key"
            if now - heard >= self._pace.heartbeat_s:
                await self._send(send, show_heartbeat(position if position > shown else None))
                heard, shown = now, position
            if not events and self.ended_by == "left":
                with suppress(TimeoutError):
                    async with asyncio.timeout(heard + self._pace.heartbeat_s - time.monotonic()):
                        await self._woken.wait()

    async def _next(self, tail: Tail, position: int) -> tuple[Sequence[Event], int, int]:
        """What follows a position: events, the position behind them, and how many were lost before them."""
        recent = tail.after(position)
        if recent is not None:
            return [event for event in recent if self._wanted.takes(event)], max(position, tail.position), 0
        try:
            found = await asyncio.to_thread(read_slice, self._store, position, self._wanted, limit=_SLICE)
        except StoreUnavailableError:
            # It comes back; the reader sees heartbeats meanwhile.
            await asyncio.sleep(min(1.0, self._pace.heartbeat_s))
            return (), position, 0
        return found.events, found.position, found.lost

    def _frames(self, events: Sequence[Event]) -> Iterator[tuple[Event, bytes]]:
        for event in events:
            yield event, show_event(event)
            if self._ends_with(event):
                self.ended_by = "done"
                return

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
