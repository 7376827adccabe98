"""A hundred connections on each service for a while: answers and refusals, nothing else, and memory that stays flat."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

pytestmark = pytest.mark.alone

CONNECTIONS = 100
WORDS = ("where is my", "card", "pin", "transfer", "profit", "tent", "lamp", "late", "new", "today")


def words(at: int) -> str:
    return " ".join(WORDS[(at * step) % len(WORDS)] for step in range(1, 3 + at % 9))


def ask_recommend(at: int) -> tuple[str, dict]:
    if at % 4 == 0:
        return "/v1/events", {"id": f"e{at}", "user": f"u{at % 50}", "item": f"i{at % 20}"}
    return "/v1/recommendations", {"user": f"u{at % 50}", "n": 5}


ASK: dict[str, Callable[[int], tuple[str, dict]]] = {
    "support": lambda at: ("/v1/parse", {"text": words(at)}),
    "finance": lambda at: ("/v1/analyze", {"text": words(at)}),
    "recommend": ask_recommend,
}


@dataclass
class Load:
    """What came of the requests of all connections."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    asked: int = 0

    async def run(self, address: str, ask: Callable[[int], tuple[str, dict]], *, until: float) -> None:
        where = urlsplit(address)
        await asyncio.gather(
            *(self._use_connection(where.hostname, where.port, ask, until) for _ in range(CONNECTIONS))
        )

    async def _use_connection(self, host, port, ask, until: float) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        while time.monotonic() < until:
            self.asked += 1
            path, body = ask(self.asked)
            content = json.dumps(body).encode()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
            )
            began = time.monotonic()
            writer.write(f"{head}\r\n\r\n".encode() + content)
            answer = await reader.readuntil(b"\r\n\r\n")
            lines = answer.decode().lower().split("\r\n")
            length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length"))
            await reader.readexactly(length)
            self.seconds.append(time.monotonic() - began)
            self.statuses[int(lines[0].split()[1])] += 1
        writer.close()


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("name", "database_url"),
    [("support", "sqlite"), ("finance", "sqlite"), ("recommend", "sqlite"), ("recommend", "postgresql")],
    indirect=["database_url"],
)
def test_a_hundred_connections_get_answers_or_are_told_to_come_back(
    served, artifacts, tmp_path, capsys, name, database_url, seconds
):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_DATABASE_URL": database_url,
    }
    with served(name, "--insecure", "--model", f"{name}={artifacts[name]}", environment=environment) as server:

        def load(duration: float) -> Load:
            done = Load()
            asyncio.run(done.run(server.address, ASK[name], until=time.monotonic() + duration))
            return done

        load(max(1.0, seconds / 5))
        before = resident_mb(server.pid)
        done = load(seconds)
        after = resident_mb(server.pid)
    assert set(done.statuses) <= {200, 429}, done.statuses
    assert done.statuses[200] > 0
    p50, p99 = np.quantile(done.seconds, [0.5, 0.99]) * 1000
    with capsys.disabled():
        print(
            f"\n{name}, {database_url.partition(':')[0]}: {CONNECTIONS} connections, {seconds} s: "
            f"{done.statuses[200]} answers ({done.statuses[200] / seconds:.0f}/s), {done.statuses[429]} refused, "
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, {before:.0f} -> {after:.0f} MB"
        )
    # A single text may wait five seconds; whoever would wait longer is refused at once.
    assert p99 < 6000
    assert after - before < 0.05 * before + 5, "memory grows under load"
