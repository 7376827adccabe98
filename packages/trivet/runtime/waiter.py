"""Whoever waits for an answer: a thread or a coroutine."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from trivet.runtime.row_cache import Rows

Outcome: TypeAlias = "Rows | Exception"


@dataclass(frozen=True, eq=False)
class ThreadWaiter:
    """A caller that blocks on a `concurrent.futures.Future`."""

    future: Future[Rows]

    def has_left(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self.future.cancelled()


@dataclass(frozen=True, eq=False)
class LoopWaiter:
    """A coroutine that awaits an `asyncio.Future` of its loop."""

    future: asyncio.Future[Rows]
    loop: asyncio.AbstractEventLoop

    def has_left(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self.future.cancelled()


Waiter = ThreadWaiter | LoopWaiter


def deliver(outcomes: Iterable[tuple[Waiter, Outcome]]) -> None:
    """Hand every outcome to its waiter; each event loop is woken once, however many of its coroutines wait."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Rows], Outcome]]] = defaultdict(list)
    for waiter, outcome in outcomes:
        if isinstance(waiter, LoopWaiter):
            by_loop[waiter.loop].append((waiter.future, outcome))
        elif waiter.future.set_running_or_notify_cancel():
            _settle(waiter.future, outcome)
    for loop, pairs in by_loop.items():
        # A loop that was closed meanwhile has no coroutine left to tell.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle_all, pairs)


def _settle_all(pairs: list[tuple[asyncio.Future[Rows], Outcome]]) -> None:
    for future, outcome in pairs:
        if not future.done():
            _settle(future, outcome)


def _settle(future: Future[Rows] | asyncio.Future[Rows], outcome: Outcome) -> None:
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
