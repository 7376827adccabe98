"""A server that is told to stop under load: it says so at once, and no request that reached it is lost."""

from __future__ import annotations

import os
import signal
import threading
import time

import httpx
import pytest


@pytest.fixture
def environment(tmp_path):
    return {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
    }


class Caller(threading.Thread):
    """Asks over one connection for as long as it is answered, and over a new one where the server closes it."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.answers: list[int] = []
        self.closed = 0
        self.lost: list[str] = []
        self.start()

    def run(self) -> None:
        while self._use_one_connection():
            self.closed += 1

    def _use_one_connection(self) -> bool:
        """Whether the server closed the connection in its answer; else it listens no more."""
        with httpx.Client(base_url=self.address, timeout=30, limits=httpx.Limits(max_connections=1)) as client:
            is_new = True
            while True:
                try:
                    answer = client.post("/v1/parse", json={"text": f"where is my card {len(self.answers) % 7}"})
                except httpx.TransportError as error:
                    # What is not accepted any more is refused, or reset before it has been read.
                    if not is_new:
                        self.lost.append(repr(error))
                    return False
                is_new = False
                self.answers.append(answer.status_code)
                if answer.headers.get("connection") == "close":
                    return True


def test_under_load_no_request_that_reached_the_server_is_lost(served, artifacts, environment):
    words = ("support", "--insecure", "--model", f"support={artifacts['support']}")
    with served(*words, environment=environment | {"TRIVET_DRAIN_NOTICE_S": "0.3"}) as server:
        callers = [Caller(server.address) for _ in range(8)]
        end = time.monotonic() + 30
        while min(len(caller.answers) for caller in callers) < 3 and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(server.pid, signal.SIGTERM)
        for caller in callers:
            caller.join(20)
    assert [caller.lost for caller in callers] == [[]] * 8
    assert {status for caller in callers for status in caller.answers} == {200}
    assert all(caller.closed >= 1 for caller in callers), "every kept connection was closed by an answer"


def test_readiness_fails_at_once_while_it_still_listens(served, artifacts, environment):
    words = ("support", "--insecure", "--model", f"support={artifacts['support']}")
    with served(*words, environment=environment | {"TRIVET_DRAIN_NOTICE_S": "1"}) as server:
        assert httpx.get(f"{server.address}/readyz").status_code == 200
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.05)
        answer = httpx.get(f"{server.address}/readyz")
        assert (answer.status_code, answer.json()["checks"]["drain"]["ok"]) == (503, False)
        assert answer.headers["connection"] == "close"
        answer = httpx.post(f"{server.address}/v1/parse", json={"text": "my card"})
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert httpx.get(f"{server.address}/livez").status_code == 200
        time.sleep(1.5)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.address}/livez")
