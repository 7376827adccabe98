"""Sends what waits for webhooks, in threads of the serving process."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from trivet_service.destinations import Destinations
from trivet_service.drain import Drain
from trivet_service.logs import Logger
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.rows import Rows
from trivet_service.waking import in_this_loop
from trivet_service.webhooks.attempt import Outcome, attempt
from trivet_service.webhooks.delivery import QUEUED, Delivery, prune_deliveries
from trivet_service.webhooks.schedule import read_schedule
from trivet_service.webhooks.turns import (
    Errand,
    Turn,
    find_lag_s,
    find_waiting,
    give_back,
    next_errand,
    note_outcome,
    take_turns,
)
from trivet_service.webhooks.webhook import Webhook

if TYPE_CHECKING:
    import httpx

# Seconds that a turn may go on while all goes well: then it is another webhook's.
_TURN_S = 2.0
# Seconds beyond the time of an attempt after which a turn is believed to be that of a dead process.
_LEASE_S = 5.0
_MEASURE_EVERY_S = 10.0
_PRUNE_EVERY_S = 600.0
_DAY_S = 86_400.0


class Deliverer:
    """Serves up to `webhook_threads` webhooks at once, one message at a time each; a slow one keeps no other waiting.

    A message is sent at least once, by one process at a time; where a process dies, another one goes on after a while.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        database: Database,
        *,
        destinations: Destinations,
        drain: Drain,
        log: Logger,
        registry: CollectorRegistry,
        chance: random.Random,
    ) -> None:
        self._settings = settings
        self._database = database
        self._destinations = destinations
        self._drain = drain
        self._log = log
        self._chance = chance
        self._schedule = read_schedule(settings.webhook_retry_s)
        self._token = uuid.uuid4().hex
        self._woken = asyncio.Event()
        self._measured = self._pruned = float("-inf")
        self._is_well = True
        self._attempts = Counter(
            "trivet_webhook_attempts", "Attempts to deliver, by what came of them.", ("outcome",), registry=registry
        )
        self._lag = Gauge(
            "trivet_webhook_lag_seconds", "How late the oldest delivery is that is due.", registry=registry
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver while the block runs; what is being sent at its end is waited for."""
        with (
            ThreadPoolExecutor(self._settings.webhook_threads, thread_name_prefix="webhooks") as threads,
            self._database.listening(QUEUED, in_this_loop(self._woken.set)),
        ):
            delivering = asyncio.create_task(self._deliver(threads))
            try:
                yield
            finally:
                delivering.cancel()
                await asyncio.wait([delivering])
                await asyncio.to_thread(threads.shutdown)

    async def _deliver(self, threads: ThreadPoolExecutor) -> None:
        busy: set[asyncio.Future[None]] = set()
        while not self._drain.has_begun:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.stream_poll_s):
                    await self._woken.wait()
            self._woken.clear()
            free = self._settings.webhook_threads - len(busy)
            try:
                turns = await asyncio.to_thread(self._look, free)
            except Exception as error:
                self._complain(error)
                continue
            self._is_well = True
            for turn in turns:
                serving = asyncio.get_running_loop().run_in_executor(threads, self._serve, turn)
                busy.add(serving)
                serving.add_done_callback(busy.discard)
                # Its webhook may have more, and another may have waited for the thread.
                serving.add_done_callback(lambda _: self._woken.set())

    def try_out(self, webhook: Webhook, delivery: Delivery) -> Outcome:
        """Send something once, now. Blocks."""
        outcome = attempt(self._client, webhook, delivery)
        self._attempts.labels(outcome.name).inc()
        return outcome

    def _look(self, free: int) -> list[Turn]:
        now, everyone = time.time(), self._database.everyone()
        if now - self._measured > _MEASURE_EVERY_S:
            self._lag.set(everyone.read(lambda rows: find_lag_s(rows, now=now)))
            self._measured = now
        if now - self._pruned > _PRUNE_EVERY_S:
            before = now - self._settings.delivery_days * _DAY_S
            everyone.write(lambda rows: prune_deliveries(rows, before=before))
            self._pruned = now
        pairs = everyone.read(lambda rows: find_waiting(rows, now=now, most=free)) if free > 0 else []
        if not pairs:
            return []
        token = f"{self._token}.{uuid.uuid4().hex[:8]}"
        until = now + self._lease_s
        return everyone.write(lambda rows: take_turns(rows, pairs, token=token, now=now, until=until))

    def _serve(self, turn: Turn) -> None:
        """Send what is due to one webhook, as long as it takes it and its turn lasts."""
        store = self._database.of(turn.tenant)
        ends = time.monotonic() + _TURN_S
        try:
            errand = store.write(lambda rows: self._next(rows, turn))
            while errand is not None:
                outcome = self.try_out(errand.webhook, errand.delivery)
                goes_on = outcome.is_delivered and time.monotonic() < ends and not self._drain.has_begun
                errand = store.write(partial(self._note, errand=errand, outcome=outcome, goes_on=goes_on))
        except Exception as error:
            # The turn runs out by itself.
            self._complain(error)

    def _next(self, rows: Rows, turn: Turn) -> Errand | None:
        now = time.time()
        return next_errand(rows, turn, now=now, until=now + self._lease_s)

    def _note(self, rows: Rows, *, errand: Errand, outcome: Outcome, goes_on: bool) -> Errand | None:
        """Write down what came of an errand; the next one of the turn, if it goes on."""
        wait_s = self._schedule.wait_s(errand.delivery.attempts + 1, asked_s=outcome.asked_s, chance=self._chance)
        note_outcome(rows, errand, outcome, now=time.time(), wait_s=wait_s)
        if goes_on:
            return self._next(rows, errand.turn)
        give_back(rows, errand.turn)
        return None

    @property
    def _lease_s(self) -> float:
        return self._settings.webhook_timeout_s + _LEASE_S

    @cached_property
    def _client(self) -> httpx.Client:
        # A server without webhooks needs neither it nor its certificates.
        from trivet_service.outgoing import open_client

        return open_client(self._destinations, seconds=self._settings.webhook_timeout_s)

    def _complain(self, error: Exception) -> None:
        """Say once that it does not work; it is tried again."""
        if not isinstance(error, StoreUnavailableError):
            trace = traceback.format_tb(error.__traceback__)
            self._log.error("webhooks failed", error=type(error).__name__, trace=trace)
        elif self._is_well:
            self._log.warning("webhooks wait", reason=error.what)
        self._is_well = False
