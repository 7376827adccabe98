"""A write that was acknowledged under an Idempotency-Key is done once, though the server is killed and asked again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import httpx
import pytest
from sqlalchemy import text

from trivet_service.storage.engine import open_engine

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]


@pytest.fixture
def start(legs, tmp_path, database_url):
    """Starts servers over one database; whatever still runs at the end is killed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_DATABASE_URL": database_url,
    }
    processes: list[subprocess.Popen] = []

    def run() -> tuple[subprocess.Popen, str]:
        words = ["serve", "recommend", "--insecure", "--port", "0", "--model", f"recommend={legs['recommend']}"]
        process = subprocess.Popen([*PROGRAM, *words], env=environment, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        found = re.search(r"http://[^ ]+", process.stdout.readline())
        assert found, "the server started"
        return process, found.group()

    yield run
    for process in processes:
        process.kill()
        process.wait()


def post(client: httpx.Client, key: str) -> httpx.Response:
    """One event without an id: done twice, it is there twice. Its user is the key."""
    return client.post("/v1/events", json={"user": key, "item": "i"}, headers={"Idempotency-Key": key})


def write_until_gone(address: str, keys: list[str], answers: dict[str, dict]) -> None:
    with httpx.Client(base_url=address, timeout=30) as client:
        for key in keys:
            try:
                answer = post(client, key)
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                answers[key] = answer.json()


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_after_a_kill_what_was_acknowledged_is_answered_again_and_not_done_again(start, database_url, kills):
    answers: dict[str, dict] = {}
    for round_ in range(kills):
        process, address = start()
        keys = [[f"k-{round_}-{writer}-{at}" for at in range(5000)] for writer in range(4)]
        writers = [threading.Thread(target=write_until_gone, args=(address, some, answers)) for some in keys]
        for writer in writers:
            writer.start()
        goal = len(answers) + 40
        while len(answers) < goal:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        for writer in writers:
            writer.join()
    _, address = start()
    with httpx.Client(base_url=address, timeout=30) as client:
        for key, first in answers.items():
            again = post(client, key)
            assert (again.status_code, again.headers.get("idempotency-replayed")) == (200, "true")
            assert again.json() == first
    assert {key: count for key, count in stored(database_url).items() if key in answers} == dict.fromkeys(answers, 1)


def test_what_was_underway_when_the_server_died_is_done_when_it_is_asked_for_again(start, database_url):
    process, address = start()
    with httpx.Client(base_url=address, timeout=30) as client:
        assert post(client, "whole").status_code == 200
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, address = start()
    leave_behind(database_url, lease_s=2.0)
    with httpx.Client(base_url=address, timeout=30) as client:
        waiting = post(client, "whole")
        assert (waiting.status_code, waiting.json()["code"]) == (409, "idempotency_key_in_use")
        time.sleep(int(waiting.headers["retry-after"]) + 0.1)
        assert post(client, "whole").json()["accepted"] == 1
    assert stored(database_url) == {"whole": 1}


def leave_behind(database_url: str, *, lease_s: float) -> None:
    """Make the database what it is when a process dies between the claim of a request and its work."""
    engine = open_engine(database_url)
    with engine.connect() as connection:
        soon = {"soon": time.time() + lease_s}
        connection.execute(text("UPDATE kit_idempotency SET status = 0, leased_until = :soon"), soon)
        connection.execute(text("DELETE FROM recommend_events"))
        connection.commit()
    engine.dispose()


def stored(database_url: str) -> Counter[str]:
    """How many events there are of every user."""
    engine = open_engine(database_url)
    with engine.connect() as connection:
        users = connection.execute(text('SELECT "user" FROM recommend_events')).scalars().all()
    engine.dispose()
    return Counter(users)
