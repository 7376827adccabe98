"""A service as its user starts it: a process of its own, watched from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from trivet.errors import TrivetError
from trivet.settings import Settings

ANSWERS = 200
TEXTS = ("card still not here", "why was I charged twice for one withdrawal", "how do I change my PIN", "asdf")


@dataclass(frozen=True)
class Observed:
    """Seconds from start of the process to its first answer; memory after 200 answers."""

    seconds: float
    megabytes: float


def observe_service(artifact: Path, settings: Settings) -> Observed:
    """Starts `trivet serve support` over the artifact, asks it 200 times, and ends it.

    Raises:
        TrivetError: it did not answer within a minute.
    """
    port = _free_port()
    program = "from trivet.cli.main import run; run()"
    command = [sys.executable, "-c", program, "serve", "support", "--insecure", "--port", str(port)]
    with tempfile.TemporaryDirectory(prefix="trivet-") as home, (Path(home) / "log").open("w") as log:
        environment = os.environ | {
            "TRIVET_HOME": home,
            "TRIVET_REGISTRY": "",
            "OMP_NUM_THREADS": str(settings.threads),
        }
        began = time.perf_counter()
        server = subprocess.Popen(
            [*command, "--model", f"support={artifact}"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                seconds = _await_answer(client, server, began)
                for turn in range(ANSWERS):
                    client.post("/v1/parse", json={"text": TEXTS[turn % len(TEXTS)]}).raise_for_status()
            return Observed(seconds, _resident_megabytes(server.pid))
        finally:
            server.terminate()
            server.wait(timeout=30)


def _await_answer(client: httpx.Client, server: subprocess.Popen[bytes], began: float) -> float:
    while time.perf_counter() - began < 60 and server.poll() is None:
        try:
            if client.post("/v1/parse", json={"text": TEXTS[0]}).status_code == 200:
                return time.perf_counter() - began
        except httpx.TransportError:
            pass
        time.sleep(0.005)
    raise TrivetError(
        "the service did not answer within a minute.", where="trivet serve support", todo="Start it by hand."
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
