"""An event that was acknowledged is there, whatever happens to the process afterwards."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading

import httpx
import pytest

from trivet_service.tiny import TinyEncoder

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
WORDS = ["light", "tent", "head", "lamp", "trail", "shoe"]


@pytest.fixture
def start(tmp_path):
    """Starts servers over one home; whatever still runs at the end is killed."""
    folder = TinyEncoder.make(tmp_path / "encoder", WORDS).save_embedder(tmp_path / "recommend", WORDS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
    }
    processes: list[subprocess.Popen] = []

    def run() -> tuple[subprocess.Popen, str]:
        arguments = ["serve", "recommend", "--insecure", "--port", "0", "--model", f"recommend={folder}"]
        process = subprocess.Popen([*PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        found = re.search(r"http://[^ ]+", process.stdout.readline())
        assert found, "the server started"
        return process, found.group()

    yield run
    for process in processes:
        process.kill()
        process.wait()


def test_killed_in_the_middle_of_writing_it_has_lost_nothing_it_acknowledged(start, tmp_path):
    process, address = start()
    items = [{"item": word, "text": word} for word in WORDS]
    assert httpx.post(f"{address}/v1/items", json={"items": items}).status_code == 200
    acknowledged: list[str] = []
    is_dead = threading.Event()

    def write(writer: int) -> None:
        with httpx.Client(base_url=address) as client:
            for number in range(10_000):
                name = f"{writer}-{number}"
                try:
                    answer = client.post(
                        "/v1/events", json={"id": name, "user": f"u{writer}", "item": WORDS[number % 6]}
                    )
                except httpx.TransportError:
                    return
                if answer.status_code == 200 and answer.json()["accepted"] == 1:
                    acknowledged.append(name)
                if len(acknowledged) > 200:
                    is_dead.set()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    assert is_dead.wait(60)
    process.send_signal(signal.SIGKILL)
    for writer in writers:
        writer.join()
    process.wait()

    _, address = start()
    with sqlite3.connect(tmp_path / "home" / "store.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {row[0] for row in database.execute("SELECT id FROM recommend_events")}
    assert set(acknowledged) <= stored
    assert len(acknowledged) > 200
    again = httpx.post(f"{address}/v1/events", json={"id": acknowledged[-1], "user": "u0", "item": "tent"}).json()
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    answer = httpx.post(f"{address}/v1/recommendations", json={"history": ["tent"], "n": 5}).json()
    assert (answer["rung"], len(answer["items"])) == ("session", 5)
    checks = httpx.get(f"{address}/readyz").json()["checks"]
    assert checks["recommend.shops"]["items"] == 6


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
