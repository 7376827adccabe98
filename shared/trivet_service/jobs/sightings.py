"""Workers that were seen lately, so that whoever waits knows whether somebody will come."""

from __future__ import annotations

import os
import socket
import uuid

from trivet_service.jobs.tables import jobs, workers
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Rows

# A worker shows itself every so many seconds, and counts as there while that is not this long ago.
EVERY_S = 10.0
LATELY_S = 60.0


def new_worker_id() -> str:
    """A name that no other worker has: machine, process, and a few random letters."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def show_worker(database: Database, worker: str, *, started: float, now: float) -> None:
    """Say that a worker is there, and forget those that have not been for a day."""

    def put(rows: Rows) -> None:
        rows.upsert(workers, [{"id": worker, "started_at": started, "seen_at": now}], key=("id",))
        rows.delete(workers, workers.c.seen_at < now - 86_400)

    database.everyone().write(put)


def hide_worker(database: Database, worker: str) -> None:
    """A worker has ended."""
    database.everyone().write(lambda rows: rows.delete(workers, workers.c.id == worker))


def count_workers(rows: Rows, *, now: float) -> int:
    """Workers that were there in the last minute."""
    return rows.count(workers, workers.c.seen_at >= now - LATELY_S)


def count_jobs(rows: Rows, status: str) -> int:
    """Jobs of anybody in a status."""
    return rows.count(jobs, jobs.c.status == status)
