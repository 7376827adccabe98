"""A job goes on while its database is away, and is told of when that is back."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from trivet_service.testing_postgres import running_postgres

FULL = {
    "encoder.name": "tiny",
    "export.precision": "fp32",
    "method.kind": "full",
    "training.batch_size": 16,
    "training.epochs": 60,
}


@contextmanager
def locked(path: Path):
    """Another program holds the only right to write for longer than a writer waits."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def stopped(server):
    server.stop()
    yield
    server.start()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """The address of a database, and a block in which it is away."""
    if request.param == "sqlite":
        path = tmp_path / "own.db"
        yield f"sqlite:///{path}", lambda: locked(path)
        return
    with ExitStack() as stack:
        # Not the session's server: this one is stopped.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pg-"))
        server = stack.enter_context(running_postgres(Path(folder) / "data"))
        yield stack.enter_context(server.database()), lambda: stopped(server)


@pytest.fixture
def surroundings(database, surroundings_in, tmp_path):
    return surroundings_in(tmp_path, database[0])


def test_a_job_outlives_the_loss_of_its_database(yard, rows, database):
    yard.put("faq", rows)
    job = yard.ask(kind="train", dataset="faq", overrides=FULL, judge=False)
    worker = yard.worker()
    yard.wait(job, lambda seen: seen["stage"].startswith("fit ") and seen["progress"] > 0.1)
    with database[1]():
        # Longer than the lease, so that the job would go to another worker if there were one.
        time.sleep(7)
        assert worker.poll() is None
        assert yard.client.get("/livez").status_code == 200
    done = yard.wait(job)
    assert (done["status"], done["attempts"]) == ("succeeded", 1), done
    assert yard.versions("support") == ["1"]
