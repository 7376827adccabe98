"""The database is gone: keys that are known open for a while, unknown ones have to wait."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from trivet_service.testing import KeyRing
from trivet_service.testing_postgres import TEST_URL, running_postgres

GRACE_S = 3.0


@pytest.fixture
def server():
    """A PostgreSQL that may be stopped."""
    if os.environ.get(TEST_URL):
        pytest.skip("the server that a URL names is not ours to stop")
    with tempfile.TemporaryDirectory(prefix="pg-") as folder, running_postgres(Path(folder) / "data") as started:
        yield started


def test_known_keys_open_for_a_while_and_unknown_ones_wait(server, served, legs, tmp_path):
    with server.database() as url:
        ring = KeyRing(url)
        (_, known), (_, unknown) = ring.create(), ring.create()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
            "TRIVET_HOME": str(tmp_path / "home"),
            "TRIVET_CACHE": str(tmp_path / "cache"),
            "TRIVET_DATABASE_URL": url,
            "TRIVET_KEYS_GRACE_S": str(GRACE_S),
        }
        with served("support", "--model", f"support={legs['support']}", environment=environment) as process:

            def ask(key: str, path: str = "/v1/parse") -> httpx.Response:
                address = f"{process.address}{path}"
                return httpx.post(address, json={"text": "my card"}, headers={"X-API-Key": key}, timeout=30)

            assert ask(known).status_code == 200
            server.stop()
            stopped = time.monotonic()
            assert ask(known).status_code == 200
            assert ask(known[:-1] + ("0" if known[-1] != "0" else "1")).status_code == 401, (
                "a wrong text is known as such"
            )
            waiting = ask(unknown)
            assert (waiting.status_code, waiting.json()["code"]) == (503, "store_unavailable")
            assert waiting.headers["retry-after"]
            assert ask("nonsense").status_code == 401
            while (answer := ask(known)).status_code == 200:
                assert time.monotonic() < stopped + GRACE_S + 5, "it opens for good"
                time.sleep(0.1)
            assert time.monotonic() > stopped + GRACE_S - 1
            assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
            server.start()
            end = time.monotonic() + 10
            while ask(known).status_code != 200 or ask(unknown).status_code != 200:
                assert time.monotonic() < end, "it does not open again"
                time.sleep(0.1)
