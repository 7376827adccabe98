"""A service as its user starts it: a process of its own, watched from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from trivet.bench.provenance import counted
from trivet.errors import TrivetError
from trivet.settings import Settings

ANSWERS = 200
LIMIT_S = 60
# A server is told to stop by SIGTERM, drains, and then says what it had imported.
PROGRAM = """
import atexit, os, sys
atexit.register(lambda: print(*sys.modules, sep="\\n", file=open(os.environ["TRIVET_BENCH_MODULES"], "w")))
from trivet.cli.main import run
run()
"""
TEXTS = ("card still not here", "why was I charged twice for one withdrawal", "how do I change my PIN", "asdf")


@dataclass(frozen=True)
class Observed:
    """Seconds from start of the process to its first answer, memory after 200 answers, our modules that it imported."""

    seconds: float
    megabytes: float
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Running:
    """A `trivet serve` that answers; `client` asks it, `seconds` is how long it took to its first answer."""

    client: httpx.Client
    pid: int
    seconds: float

    def megabytes(self) -> float:
        """Resident memory, shared pages counted in full (VmRSS)."""
        return _resident_megabytes(self.pid)


def observe_service(artifact: Path, settings: Settings) -> Observed:
    """Starts `trivet serve support` over the artifact, asks it 200 times, and ends it.

    Raises:
        TrivetError: it stopped, or did not answer within a minute; ends with the last line it wrote.
    """
    with tempfile.TemporaryDirectory(prefix="trivet-") as home:
        modules = Path(home) / "modules"
        words = ("support", "--insecure", "--model", f"support={artifact}")
        with running_service(words, settings, home=Path(home), modules=modules) as service:
            for turn in range(ANSWERS):
                service.client.post("/v1/parse", json={"text": TEXTS[turn % len(TEXTS)]}).raise_for_status()
            megabytes = service.megabytes()
        return Observed(service.seconds, megabytes, read_modules(modules))


@contextmanager
def running_service(
    words: Sequence[str],
    settings: Settings,
    *,
    home: Path,
    modules: Path,
    key: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """`trivet serve WORDS` in a process of its own, with its home there, from its first answer until the block ends.

    Once it has ended, the names of what it had imported stand in `modules`. `key` opens it.

    Raises:
        TrivetError: it stopped, or did not answer within a minute; ends with the last line it wrote.
    """
    port, log = _free_port(), home / "log"
    variables = os.environ | {
        "TRIVET_HOME": str(home),
        "TRIVET_REGISTRY": "",
        "TRIVET_BENCH_MODULES": str(modules),
        "OMP_NUM_THREADS": str(settings.threads),
        **(environment or {}),
    }
    command = [sys.executable, "-c", PROGRAM, "serve", *words, "--port", str(port)]
    with log.open("w") as output:
        began = time.perf_counter()
        server = subprocess.Popen(command, env=variables, stdout=output, stderr=subprocess.STDOUT)
    try:
        headers = {"X-API-Key": key} if key else {}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, headers=headers) as client:
            seconds = _await_answer(client, server, log, began)
            yield Running(client, server.pid, seconds)
    finally:
        _stop(server)


def read_modules(path: Path) -> tuple[str, ...]:
    """Our modules that a service which has ended had imported."""
    return counted(path.read_text(encoding="utf-8").split())


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _await_answer(client: httpx.Client, server: subprocess.Popen[bytes], log: Path, began: float) -> float:
    while time.perf_counter() - began < LIMIT_S and server.poll() is None:
        try:
            if client.post("/v1/parse", json={"text": TEXTS[0]}).status_code == 200:
                return time.perf_counter() - began
        except httpx.TransportError:
            pass
        time.sleep(0.005)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise TrivetError(
        f"the service did not answer within {LIMIT_S} s.",
        where="trivet serve support",
        todo=f"The last line it wrote: {last[0]}" if last else "It wrote nothing.",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _resident_megabytes(pid: int) -> float:
    """Resident memory of a process, shared pages counted in full (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("a running process has a resident size")
