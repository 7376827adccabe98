"""An event that was acknowledged is there, whatever happens to the process afterwards."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from trivet_service.storage.engine import open_engine
from trivet_service.testing_postgres import running_postgres
from trivet_service.tiny import TinyEncoder

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
WORDS = ["light", "tent", "head", "lamp", "trail", "shoe"]


@pytest.fixture
def start(tmp_path):
    """Starts servers over one home and, where it is named, one database; whatever still runs at the end is killed."""
    folder = TinyEncoder.make(tmp_path / "encoder", WORDS).save_embedder(tmp_path / "recommend", WORDS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
    }
    processes: list[subprocess.Popen] = []

    def run(database_url: str = "") -> tuple[subprocess.Popen, str]:
        arguments = ["serve", "recommend", "--insecure", "--port", "0", "--model", f"recommend={folder}"]
        own = environment | ({"TRIVET_DATABASE_URL": database_url} if database_url else {})
        process = subprocess.Popen([*PROGRAM, *arguments], env=own, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        found = re.search(r"http://[^ ]+", process.stdout.readline())
        assert found, "the server started"
        return process, found.group()

    yield run
    for process in processes:
        process.kill()
        process.wait()


@dataclass
class Writers:
    """Clients outside the server that write until it is gone, and note what it acknowledged."""

    address: str
    name: str
    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(4)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 60
        goal = len(self.acknowledged) + count
        while len(self.acknowledged) < goal:
            assert time.monotonic() < end, f"{len(self.acknowledged)} acknowledged, then {self.refused[-5:]}"
            time.sleep(0.01)

    def _write(self, writer: int) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            for number in range(100_000):
                event = {"id": f"{self.name}-{writer}-{number}", "user": f"u{writer}", "item": WORDS[number % 6]}
                if self.is_over.is_set():
                    return
                try:
                    answer = client.post("/v1/events", json=event)
                except httpx.TransportError:
                    return
                if answer.status_code == 200 and answer.json()["accepted"] == 1:
                    self.acknowledged.append(event["id"])
                elif answer.status_code != 200:
                    self.refused.append(answer.status_code)


def stored_ids(url: str) -> set[str]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = set(connection.exec_driver_sql("SELECT id FROM recommend_events").scalars())
    engine.dispose()
    return found


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_in_the_middle_of_writing_it_has_lost_nothing_it_acknowledged(start, database_url, kills):
    acknowledged: list[str] = []
    process, address = start(database_url)
    items = [{"item": word, "text": word} for word in WORDS]
    assert httpx.post(f"{address}/v1/items", json={"items": items}).status_code == 200
    for kill in range(kills):
        with Writers(address, f"kill{kill}") as writers:
            # The moment differs from kill to kill.
            writers.wait_for(40 + 17 * kill)
            process.send_signal(signal.SIGKILL)
        process.wait()
        acknowledged += writers.acknowledged
        assert set(acknowledged) <= stored_ids(database_url)
        process, address = start(database_url)
    again = httpx.post(f"{address}/v1/events", json={"id": acknowledged[-1], "user": "u0", "item": "tent"}).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    answer = httpx.post(f"{address}/v1/recommendations", json={"history": ["tent"], "n": 5}).json()
    assert (answer["rung"], len(answer["items"])) == ("session", 5)
    assert httpx.get(f"{address}/readyz").json()["checks"]["recommend.shops"]["items"] == 6
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_that_is_gone_is_said_so_and_when_it_is_back_nothing_acknowledged_is_lost(start):
    # Not the session's server: this one is stopped.
    with (
        tempfile.TemporaryDirectory(prefix="pg-") as folder,
        running_postgres(Path(folder) / "data") as server,
        server.database() as url,
    ):
        _, address = start(url)
        httpx.post(f"{address}/v1/items", json={"items": [{"item": word, "text": word} for word in WORDS]})
        with Writers(address, "gone") as writers:
            writers.wait_for(50)
            server.stop()
            refused = httpx.post(f"{address}/v1/events", json={"id": "x", "user": "u", "item": "tent"}, timeout=30)
            assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
            assert "Retry-After" in refused.headers
            assert httpx.get(f"{address}/readyz", timeout=30).json()["checks"]["store"]["ok"] is False
            shown = httpx.post(f"{address}/v1/recommendations", json={"history": ["tent"], "n": 3})
            assert len(shown.json()["items"]) == 3, "what needs no database goes on"
            server.start()
            writers.wait_for(50)
        assert set(writers.refused) <= {503}
        assert set(writers.acknowledged) <= stored_ids(url)
        assert httpx.get(f"{address}/readyz").json()["status"] == "ready"


def test_a_full_disk_is_an_error_of_ours_and_nothing_is_acknowledged(start, tmp_path):
    _, address = start()
    with sqlite3.connect(tmp_path / "home" / "store.db") as database:
        # As on a full disk: the insert fails when it is tried.
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON recommend_events BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        )
    answer = httpx.post(f"{address}/v1/events", json={"id": "e", "user": "u", "item": "tent"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "disk" not in answer.text
    assert httpx.post(f"{address}/v1/recommendations", json={"user": "u"}).json()["rung"] == "popular"
    with sqlite3.connect(tmp_path / "home" / "store.db") as database:
        database.execute("DROP TRIGGER full")
    assert httpx.post(f"{address}/v1/events", json={"id": "e", "user": "u", "item": "tent"}).json()["accepted"] == 1
