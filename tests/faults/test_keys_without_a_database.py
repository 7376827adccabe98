"""The database is gone: keys that are known open for a while, unknown ones have to wait."""

from __future__ import annotations

import time

import httpx

from trivet_service.testing import KeyRing

GRACE_S = 3.0


def test_known_keys_open_for_a_while_and_unknown_ones_wait(server, environment, served, legs):
    ring = KeyRing(environment["TRIVET_DATABASE_URL"])
    (_, known), (_, unknown) = ring.create(), ring.create()
    environment |= {"TRIVET_KEYS_GRACE_S": str(GRACE_S)}
    with served("support", "--model", f"support={legs['support']}", environment=environment) as process:

        def ask(key: str, path: str = "/v1/parse") -> httpx.Response:
            address = f"{process.address}{path}"
            return httpx.post(address, json={"text": "my card"}, headers={"X-API-Key": key}, timeout=30)

        assert ask(known).status_code == 200
        server.stop()
        stopped = time.monotonic()
        assert ask(known).status_code == 200
        assert ask(known[:-1] + ("0" if known[-1] != "0" else "1")).status_code == 401, "a wrong text is known as such"
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
