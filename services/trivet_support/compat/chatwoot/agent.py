"""Answers what waits from Chatwoot, in the serving process."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from prometheus_client import Counter

from trivet.errors import InputError, OverloadError
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.waking import in_this_loop
from trivet_service.webhooks.schedule import read_schedule
from trivet_support.compat.chatwoot.account import Account, NotToldError
from trivet_support.compat.chatwoot.arrival import arrive
from trivet_support.compat.chatwoot.integration import Integration, find_integration
from trivet_support.compat.chatwoot.plan import plan_hand_over, plan_steps
from trivet_support.compat.chatwoot.queue import (
    QUEUED,
    Errand,
    claim_errands,
    finish,
    is_any_due,
    keep_steps,
    prune,
    put_off,
)
from trivet_support.compat.chatwoot.step import State, Step
from trivet_support.turn import Turn

if TYPE_CHECKING:
    import httpx

    from trivet_service.context import Context
    from trivet_support.responder import Responder

# Seconds beyond those that two requests may take after which the owner of a message is believed to be dead.
_LEASE_S = 2.0
_PRUNE_EVERY_S = 600.0
_DAY_S = 86_400.0
_UNREAD = "The bot hands this conversation over: it cannot read the customer's message."


class Agent:
    """Works on up to `webhook_threads` conversations at once; what fails is tried again as `chatwoot_retry_s` says.

    How far a message is lies on the disk before and after everything that Chatwoot is told: whoever goes on after a
    death looks at Chatwoot first, and says nothing twice that is there.
    """

    def __init__(self, context: Context, responder: Responder) -> None:
        self._context = context
        self._responder = responder
        self._schedule = read_schedule(context.settings.chatwoot_retry_s, where="TRIVET_CHATWOOT_RETRY_S")
        self._chance = random.Random()
        self._token = uuid.uuid4().hex
        self._woken = asyncio.Event()
        self._pruned = float("-inf")
        self._is_well = True
        self._outcomes = Counter(
            "trivet_chatwoot_messages",
            "Messages of Chatwoot by what came of an attempt to answer them.",
            ("outcome",),
            registry=context.metrics.registry,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer while the block runs; what is being answered at its end is waited for."""
        if not self._context.settings.webhooks:
            yield
            return
        with self._context.database.listening(QUEUED, in_this_loop(self._woken.set)):
            busy: set[asyncio.Task[None]] = set()
            working = asyncio.create_task(self._work(busy))
            try:
                yield
            finally:
                working.cancel()
                await asyncio.wait([working, *busy])

    async def _work(self, busy: set[asyncio.Task[None]]) -> None:
        settings = self._context.settings
        while not self._context.drain.has_begun:
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.stream_poll_s):
                    await self._woken.wait()
            self._woken.clear()
            try:
                errands = await asyncio.to_thread(self._look, settings.webhook_threads - len(busy))
            except Exception as error:
                self._complain(error)
                continue
            self._is_well = True
            for errand in errands:
                serving = asyncio.create_task(self._serve(errand))
                busy.add(serving)
                serving.add_done_callback(busy.discard)
                # The conversation may have more.
                serving.add_done_callback(lambda _: self._woken.set())

    def _look(self, free: int) -> list[Errand]:
        now, everyone = time.time(), self._context.database.everyone()
        if now - self._pruned > _PRUNE_EVERY_S:
            before = now - self._context.settings.delivery_days * _DAY_S
            everyone.write(lambda rows: prune(rows, before=before))
            self._pruned = now
        if free <= 0 or not everyone.read(is_any_due):
            return []
        owner = f"{self._token}.{uuid.uuid4().hex[:8]}"
        return everyone.write(lambda rows: claim_errands(rows, owner=owner, lease_s=self._lease_s, most=free))

    async def _serve(self, errand: Errand) -> None:
        store = self._context.database.of(errand.tenant)
        try:
            integration = await asyncio.to_thread(store.read, find_integration)
            if integration is None:
                return
            steps = errand.steps or await self._plan(errand, integration)
            await self._tell(errand, steps, integration)
            await asyncio.to_thread(store.write, lambda rows: finish(rows, errand))
            self._outcomes.labels("answered").inc()
        except NotToldError as error:
            await self._put_off(errand, error.what, asked_s=error.asked_s)
        except OverloadError as error:
            await self._put_off(errand, error.what, asked_s=error.retry_after)
        except StoreUnavailableError as error:
            # The message is somebody's again once the lease has run out.
            self._complain(error)
        except Exception as error:
            self._complain(error)
            await self._put_off(errand, f"an error of ours ({type(error).__name__})", asked_s=0.0)

    async def _plan(self, errand: Errand, integration: Integration) -> tuple[Step, ...]:
        incoming = errand.incoming
        session = f"chatwoot-{integration.account_id}-{incoming.conversation}"
        turn = Turn(incoming.text, session=session, message_id=str(incoming.message), channel="chatwoot")
        async with arrive(errand.tenant, request_id=errand.request_id) as request:
            try:
                responded = await self._responder.respond(request, turn) if incoming.text.strip() else None
            except InputError:
                responded = None
        steps = plan_steps(responded, incoming, integration) if responded else plan_hand_over(_UNREAD, integration)
        return tuple(steps)

    async def _tell(self, errand: Errand, steps: tuple[Step, ...], integration: Integration) -> None:
        account, last = Account(self._client, integration), errand.attempts >= len(self._schedule.waits_s)
        for at, step in enumerate(steps):
            if step.is_over:
                continue
            was_begun = step.state == "begun"
            if not await self._keep(errand, steps := _with(steps, at, "begun")):
                return
            try:
                if not was_begun or not await asyncio.to_thread(account.has_taken, step, errand.incoming):
                    await asyncio.to_thread(account.tell, step, errand.incoming)
            except NotToldError as error:
                if step.is_needed or not (error.is_final or last):
                    raise
                steps = _with(steps, at, "skipped")
                self._context.log.warning("chatwoot skipped", step=step.kind, reason=error.what, tenant=errand.tenant)
            else:
                steps = _with(steps, at, "done")
                if step.kind == "open":
                    await self._keep(errand, steps)
        await self._keep(errand, steps)

    async def _keep(self, errand: Errand, steps: tuple[Step, ...]) -> bool:
        store = self._context.database.of(errand.tenant)
        keeping = partial(keep_steps, errand=errand, steps=steps, lease_s=self._lease_s)
        return await asyncio.to_thread(store.write, lambda rows: keeping(rows))

    async def _put_off(self, errand: Errand, what: str, *, asked_s: float) -> None:
        wait_s = self._schedule.wait_s(errand.attempts + 1, asked_s=asked_s, chance=self._chance)
        store = self._context.database.of(errand.tenant)
        with suppress(StoreUnavailableError):
            await asyncio.to_thread(store.write, lambda rows: put_off(rows, errand, error=what, wait_s=wait_s))
        self._outcomes.labels("dead" if wait_s is None else "put_off").inc()
        said = "chatwoot gave up" if wait_s is None else "chatwoot put off"
        self._context.log.warning(said, tenant=errand.tenant, reason=what, request_id=errand.request_id)

    @property
    def _lease_s(self) -> float:
        return 2 * self._context.settings.webhook_timeout_s + _LEASE_S

    @cached_property
    def _client(self) -> httpx.Client:
        # A server without an integration needs neither it nor its certificates.
        from trivet_service.outgoing import open_client

        return open_client(self._context.webhooks.destinations, seconds=self._context.settings.webhook_timeout_s)

    def _complain(self, error: Exception) -> None:
        """Say once that it does not work; it is tried again."""
        if not isinstance(error, StoreUnavailableError):
            trace = traceback.format_tb(error.__traceback__)
            self._context.log.error("chatwoot failed", error=type(error).__name__, trace=trace)
        elif self._is_well:
            self._context.log.warning("chatwoot waits", reason=error.what)
        self._is_well = False


def _with(steps: tuple[Step, ...], at: int, state: State) -> tuple[Step, ...]:
    return (*steps[:at], replace(steps[at], state=state), *steps[at + 1 :])
