"""The events of a tenant as a stream shows them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from trivet_service.storage.database import TenantStore
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.streams.feed import Part
from trivet_service.streams.follower import Follower
from trivet_service.streams.frames import show_event, show_gap, show_heartbeat, show_opening, show_reset
from trivet_service.streams.log import Slice, Wanted, read_slice
from trivet_service.streams.tail import Tail

_SLICE = 200
# Seconds until it looks again while the database is away.
_RETRY_S = 1.0


class EventFeed:
    """The wanted events behind the number `after`; None: only what happens from now on."""

    def __init__(self, store: TenantStore, follower: Follower, *, wanted: Wanted, after: int | None) -> None:
        assert store.tenant is not None, "a stream belongs to a tenant"
        self._store = store
        self._tenant = store.tenant
        self._follower = follower
        self._wanted = wanted
        self._after = after
        self._tail = Tail(0)
        self._position = self._shown = 0

    @asynccontextmanager
    async def opened(self, wake: Callable[[], None]) -> AsyncIterator[None]:
        """As `Feed.opened`."""
        async with self._follower.tail(self._tenant, wake) as self._tail:
            yield

    def opening(self) -> bytes:
        """Where the stream begins; where that number was never given, that it goes on behind the last one."""
        last = self._tail.position
        asked = last if self._after is None else self._after
        self._position = self._shown = min(asked, last)
        return show_opening(asked) + (show_reset(asked, last) if asked > last else b"")

    async def next(self) -> Part:
        """As `Feed.next`."""
        try:
            found = await self._find()
        except StoreUnavailableError:
            # It comes back; the reader sees heartbeats meanwhile.
            return Part(look_s=_RETRY_S)
        self._position = found.position
        if not found.events and not found.lost:
            return Part()
        self._shown = found.events[-1].sequence if found.events else found.position
        before = found.events[0].sequence - 1 if found.events else found.position
        gap = [show_gap(found.lost, before)] if found.lost else []
        return Part(frame for frames in (gap, map(show_event, found.events)) for frame in frames)

    def heartbeat(self) -> bytes:
        """It moves the reader past events that it does not want."""
        moved = self._position > self._shown
        self._shown = self._position
        return show_heartbeat(self._position if moved else None)

    async def _find(self) -> Slice:
        recent = self._tail.after(self._position)
        if recent is None:
            return await asyncio.to_thread(read_slice, self._store, self._position, self._wanted, limit=_SLICE)
        wanted = tuple(event for event in recent if self._wanted.takes(event))
        return Slice(wanted, max(self._position, self._tail.position))
