"""Two processes make keys, ask for jobs and cancel them at once: no write is lost, and no chain is broken."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from trivet_service.audit import Actor, verify
from trivet_service.jobs.queue import JobQueue, Wish
from trivet_service.key_store import Keys
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain
from trivet_service.tenants import Tenants

ME = Actor("key", "request")
WISH = Wish("notes", "import", {"dataset": "faq"}, 60.0)
TENANTS = ("a", "b")

# What waits together is written in one transaction, so that several threads mix keys and jobs of both tenants in it.
WRITER = """
import json, sys, threading
from trivet_service.audit import Actor
from trivet_service.jobs.queue import JobQueue, Wish
from trivet_service.key_store import Keys
from trivet_service.storage.database import Database
from trivet_service.storage.kit import kit_domain

url, ids = sys.argv[1], json.loads(sys.argv[2])
database = Database(url)
database.open([kit_domain()])
keys, me, troubles = Keys(database), Actor("key", "request"), []

def follow(work):
    for tenant, job, key in ids:
        while True:
            try:
                work(tenant, job, key)
            except Exception as error:
                # Among so many writers SQLite may keep one waiting for too long; PostgreSQL has no excuse.
                if "database is locked" in str(error):
                    continue
                troubles.append(f"{type(error).__name__}: {error}")
            break

def cancel(tenant, job, key):
    JobQueue(database, tenant).cancel(job, me)

def make(tenant, job, key):
    keys.create(tenant, name="one", scopes=["read"], actor=me)

def revoke(tenant, job, key):
    keys.revoke(tenant, key, actor=me)

def use(tenant, job, key):
    keys.note_uses({one: 1.0 for _, _, one in ids})

def ask(tenant, job, key):
    JobQueue(database, tenant).submit(Wish("notes", "import", {}, 60.0), me, key="key", most=10_000)

writers = [threading.Thread(target=follow, args=(work,)) for work in (cancel, make, revoke, use, ask)]
for one in writers: one.start()
for one in writers: one.join()
database.close()
print("\\n".join(troubles))
"""


def write_at_once(url: str, *, jobs: int) -> None:
    """Check that two processes which do the same to the same keys and jobs, in another order, both come through."""
    database = Database(url)
    database.open([kit_domain()])
    try:
        ids = [prepare(database, TENANTS[number % 2]) for number in range(jobs)]
        orders = (ids, ids[::-1])
        started = [
            subprocess.Popen([sys.executable, "-c", WRITER, url, json.dumps(order)], stdout=subprocess.PIPE, text=True)
            for order in orders
        ]
        assert [process.communicate(timeout=240)[0].strip() for process in started] == ["", ""]
        # Both have made a key and a job for each of the jobs; each of them was cancelled, and each key revoked, once.
        entries = [verify(database, tenant).sequence for tenant in TENANTS]
        assert sum(entries) == len(TENANTS) + 2 * jobs + 2 * 2 * jobs + 2 * jobs
    finally:
        database.close()


def prepare(database: Database, tenant: str) -> tuple[str, str, str]:
    """A tenant, a job of it that waits, and a key."""
    Tenants(database).ensure(tenant, actor=ME)
    key, _ = Keys(database).create(tenant, name="one", scopes=["read"], actor=ME)
    return tenant, JobQueue(database, tenant).submit(WISH, ME, key="key", most=10_000).id, key.id


def test_what_two_processes_write_at_once_is_all_there(database_url):
    write_at_once(database_url, jobs=15)


@pytest.mark.slow
def test_what_two_processes_write_for_long_is_all_there(database_url):
    write_at_once(database_url, jobs=60)
