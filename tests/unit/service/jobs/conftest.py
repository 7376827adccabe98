"""A queue in a database of each kind, under a clock that the test turns."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from trivet_service.audit import Actor
from trivet_service.jobs.claims import Claims
from trivet_service.jobs.queue import JobQueue, Wish
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Office:
    database: Database
    clock: Clock

    def ask(self, tenant: str, kind: str = "import", *, most: int = 100, timeout_s: float = 60.0):
        self.clock.now += 1
        queue = JobQueue(self.database, tenant, clock=self.clock)
        wish = Wish("notes", kind, {"dataset": "faq"}, timeout_s)
        return queue.submit(wish, Actor("key", "request"), key="key", most=most)

    def worker(self, name: str = "w", *, a_tenant: int = 1, attempts: int = 3) -> Claims:
        return Claims(self.database, name, lease_s=30.0, attempts=attempts, a_tenant=a_tenant, clock=self.clock)

    def find(self, job):
        return JobQueue(self.database, job.tenant).find(job.id)

    def cancel(self, job):
        return JobQueue(self.database, job.tenant, clock=self.clock).cancel(job.id, Actor("key"))

    def lines(self, job):
        return [line.line for line in JobQueue(self.database, job.tenant).lines(job.id, after=0, limit=500)]


@pytest.fixture
def office(database_url):
    database = Database(database_url)
    database.open([kit_domain()])
    yield Office(database, Clock())
    database.close()
