"""Many houses in one process: does each get its own answers, and what do they cost each other?"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from trivet.bench.served import Running, running_service
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.crowd.crowd import Crowd, settle
from trivet_support.judging.judged import Judged

TENANTS, QUICK_TENANTS = 20, 5
ASKED, QUICK_ASKED = 300, 60
WAIT_S = 30.0


def measure(judged: Judged) -> Found:
    """A server in which every tenant has this model as its own; one tenant trains meanwhile."""
    count, asked = (QUICK_TENANTS, QUICK_ASKED) if judged.is_quick else (TENANTS, ASKED)
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        path = judged.artifact.path
        crowd = settle(Path(scratch) / "home", path, [path] * count, judged.settings)
        environment = {"TRIVET_TENANT_MODELS": str(count), "TRIVET_TENANT_GRAPHS": str(count)}
        with running_service(
            ("support",),
            judged.settings,
            home=crowd.home,
            modules=Path(scratch) / "modules",
            key=crowd.key,
            environment=environment,
        ) as service:
            before = service.megabytes()
            own = _await_own(service, crowd)
            after = service.megabytes()
            leaks = _look_for_leaks(service, crowd)
            quiet = _ask_all(service, crowd, judged.texts, asked)
            with _training(judged, Path(scratch)) as trainer:
                busy = _ask_all(service, crowd, judged.texts, asked)
                trained = trainer.poll() is None or trainer.returncode == 0
    rows: list[tuple[Any, ...]] = [
        (name, len(one), *(float(np.quantile(one, share)) for share in (0.5, 0.95)))
        for name, one in (("nobody trains", quiet), ("another trains", busy))
    ]
    notes = [] if trained else ["The training ended early with an error, so the second line shows little."]
    return Found(
        metrics=(
            Metric("leaks", "Sessions that another tenant could see", float(leaks), unit="rows", better="lower"),
            Metric("own", "Tenants answered by their own model", own / count, unit="share", better="higher"),
            Metric("memory_each", "Memory a tenant", (after - before) / count, unit="MB"),
            Metric("p95", "95th of 100 answers", rows[0][3], unit="ms"),
            Metric("p95_training", "The same while another trains", rows[1][3], unit="ms"),
        ),
        tables=(Table("times", "Times", ("meanwhile", "answers", "median ms", "95th of 100, ms"), tuple(rows)),),
        notes=(f"{count} tenants with a model of their own in one process.", *notes),
    )


def _await_own(service: Running, crowd: Crowd) -> int:
    """How many tenants are answered by their own model within half a minute."""
    end, waiting = time.monotonic() + WAIT_S, dict(crowd.keys)
    while waiting and time.monotonic() < end:
        for tenant, key in list(waiting.items()):
            if str(_ask(service, key, "hello there").get("model")).endswith(tenant):
                del waiting[tenant]
        time.sleep(0.02)
    return len(crowd.keys) - len(waiting)


def _look_for_leaks(service: Running, crowd: Crowd) -> int:
    """Sessions of one tenant that the key of the next one opens."""
    tenants, leaks = list(crowd.keys), 0
    for at, tenant in enumerate(tenants):
        _ask(service, crowd.keys[tenant], "where is it", session_id=f"session-{at}")
        other = crowd.keys[tenants[(at + 1) % len(tenants)]]
        headers = {"X-API-Key": other}
        leaks += service.client.get(f"/v1/sessions/session-{at}", headers=headers).status_code == 200
    return leaks


def _ask_all(service: Running, crowd: Crowd, texts: list[str], count: int) -> list[float]:
    spent = []
    for key, text, _ in zip(cycle(crowd.keys.values()), cycle(texts), range(count)):
        began = time.perf_counter()
        _ask(service, key, text)
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _ask(service: Running, key: str, text: str, **more: str) -> dict[str, Any]:
    answer = service.client.post("/v1/parse", json={"text": text, **more}, headers={"X-API-Key": key})
    return dict(answer.raise_for_status().json())


@contextmanager
def _training(judged: Judged, scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The service's default recipe over the model's rows, at low priority as a worker trains; ended with the block."""
    program, data = "from trivet.cli.main import run; run()", judged.artifact.recipe.data.dataset
    words = ["train", "support", data, "--no-evaluate", "--out", str(scratch / "trained")]
    command = ["nice", "-n", "10", sys.executable, "-c", program, *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


section = Section(
    9,
    "tenants",
    "Many tenants",
    "Does each tenant get its own answers only, and what do they cost each other?",
    measure,
)
