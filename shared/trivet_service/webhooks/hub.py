"""Webhooks of one process: what sends to them, and tries them out."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from trivet.errors import OverloadError
from trivet_service.destinations import read_destinations
from trivet_service.drain import Drain
from trivet_service.logs import Logger
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.webhooks.deliverer import Deliverer
from trivet_service.webhooks.delivery import Delivery, make_delivery, write_delivery
from trivet_service.webhooks.tables import deliveries
from trivet_service.webhooks.webhook import Webhook

# Tests that are made at once: each may wait as long as a receiver lets it.
_TESTS = 4


class WebhookHub:
    """Delivers while the app runs, unless `webhooks` is off: then another process of the same database does."""

    def __init__(
        self, settings: ServiceSettings, database: Database, *, drain: Drain, log: Logger, registry: CollectorRegistry
    ) -> None:
        self.destinations = read_destinations(settings.outgoing_allow)
        self._settings = settings
        self._database = database
        self._deliverer = Deliverer(
            settings,
            database,
            destinations=self.destinations,
            drain=drain,
            log=log,
            registry=registry,
            chance=random.Random(),
        )
        self._testing = 0
        self._threads = ThreadPoolExecutor(_TESTS, thread_name_prefix="webhook-tests")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Deliver while the block runs; the database is open for longer."""
        try:
            if self._settings.webhooks:
                async with self._deliverer.running():
                    yield
            else:
                yield
        finally:
            await asyncio.to_thread(self._threads.shutdown)

    async def test(self, webhook: Webhook, *, request_id: str) -> Delivery:
        """Send a test to a webhook now, whether it is switched on or not; what came of it is in its list too.

        Raises:
            OverloadError: others are being tested.
        """
        if self._testing >= _TESTS:
            raise OverloadError("other webhooks are being tested.", retry_after=self._settings.webhook_timeout_s)
        self._testing += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._test, webhook, request_id)
        finally:
            self._testing -= 1

    def _test(self, webhook: Webhook, request_id: str) -> Delivery:
        now = time.time()
        told = {
            "type": "webhook.test",
            "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
            "sequence": 0,
            "topic": "webhooks",
            "subject": webhook.id,
            "request_id": request_id,
            "data": {},
        }
        body = json.dumps(told, separators=(",", ":"))
        made = make_delivery(webhook.tenant, webhook.id, sequence=0, kind="webhook.test", body=body, now=now)
        outcome = self._deliverer.try_out(webhook, made)
        done = replace(
            made,
            status="delivered" if outcome.is_delivered else "dead",
            attempts=1,
            attempted_at=time.time(),
            response_status=outcome.response_status,
            error=outcome.error,
            finished_at=time.time(),
        )
        self._database.of(webhook.tenant).write(lambda rows: rows.insert(deliveries, [write_delivery(done)]))
        return done
