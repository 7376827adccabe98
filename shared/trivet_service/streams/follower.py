"""Numbers what arrives in the outbox, and tells the streams of this process what is new."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

from trivet_service.logs import Logger
from trivet_service.outbox import ARRIVED
from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.rows import Rows
from trivet_service.streams.event import Event
from trivet_service.streams.log import arrange, find_oldest_arrival, prune, read_head, read_latest
from trivet_service.streams.tail import MAX_EVENTS, Tail
from trivet_service.waking import in_this_loop

# What else is done in the transaction in which events get their numbers.
Also = Callable[[Rows, Sequence[tuple[str, Event]]], None]

# Seconds until it looks again while another process numbers events, and between two removals of old ones.
_SOON_S = 0.05
_PRUNE_EVERY_S = 600.0
_DAY_S = 86_400.0


class Follower:
    """One task a process: woken by what this process writes, and every `poll_s` seconds for what others write."""

    def __init__(
        self,
        database: Database,
        *,
        poll_s: float,
        keep_days: float,
        log: Logger,
        also: Sequence[Also] = (),
        show_lag: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._poll_s = poll_s
        self._keep_days = keep_days
        self._log = log
        self._also = tuple(also)
        self._show_lag = show_lag
        self._tails: dict[str, Tail] = {}
        self._woken = asyncio.Event()
        self._pruned = float("-inf")
        self._is_well = True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow while the block runs; the database is open for longer."""
        with self._database.listening(ARRIVED, in_this_loop(self._woken.set)):
            following = asyncio.create_task(self._follow())
            try:
                yield
            finally:
                following.cancel()
                await asyncio.wait([following])

    @asynccontextmanager
    async def tail(self, tenant: str, wake: Callable[[], None]) -> AsyncIterator[Tail]:
        """The tail of a tenant while somebody follows it; `wake` is called whenever it has grown.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        if tenant not in self._tails:
            head = await asyncio.to_thread(self._database.of(tenant).read, read_head)
            # Another stream may have been quicker.
            self._tails.setdefault(tenant, Tail(head))
            # What got its number meanwhile is read at once.
            self._woken.set()
        tail = self._tails[tenant]
        tail.followers.add(wake)
        try:
            yield tail
        finally:
            tail.followers.discard(wake)
            if not tail.followers:
                self._tails.pop(tenant, None)

    async def _follow(self) -> None:
        wait_s = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            self._woken.clear()
            positions = {tenant: tail.position for tenant, tail in self._tails.items()}
            wait_s = self._poll_s
            try:
                is_held, news = await asyncio.to_thread(self._look, positions)
            except Exception as error:
                self._complain(error)
                continue
            self._is_well = True
            for tenant, events in news.items():
                if tail := self._tails.get(tenant):
                    tail.extend(events)
            if is_held:
                wait_s = min(self._poll_s, _SOON_S)

    def _look(self, positions: Mapping[str, int]) -> tuple[bool, dict[str, list[Event]]]:
        """Whether another process is numbering events, and what is new behind the positions."""
        everyone = self._database.everyone()
        is_held = False
        while (oldest := everyone.read(find_oldest_arrival)) is not None and not is_held:
            self._show_lag(time.time() - oldest)
            is_held = not everyone.write(self._arrange)
        if oldest is None:
            self._show_lag(0.0)
        if time.monotonic() - self._pruned > _PRUNE_EVERY_S:
            everyone.write(lambda rows: prune(rows, before=time.time() - self._keep_days * _DAY_S))
            self._pruned = time.monotonic()
        return is_held, everyone.read(lambda rows: read_latest(rows, positions, limit=MAX_EVENTS)) if positions else {}

    def _arrange(self, rows: Rows) -> list[tuple[str, Event]]:
        numbered = arrange(rows)
        for also in self._also if numbered else ():
            also(rows, numbered)
        return numbered

    def _complain(self, error: Exception) -> None:
        """Say once that it does not work; it is tried again."""
        if isinstance(error, StoreUnavailableError):
            if self._is_well:
                self._log.warning("stream waits", reason=error.what)
        else:
            self._log.error("stream failed", error=type(error).__name__, trace=traceback.format_tb(error.__traceback__))
        self._is_well = False
