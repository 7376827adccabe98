"""How fast a server of its own answers over HTTP: alone, in batches, from many connections; and its memory."""

from __future__ import annotations

import asyncio
import tempfile
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.bench.served import Running, running_service
from trivet.evaluation.picture import ACCENT, Plot, draw
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.judging.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALONE, BATCHES, BATCH = 200, 10, 64
# Connections at a time, and for how long.
MANY, SECONDS = (1, 10, 50, 200), 3.0
QUICK_ALONE, QUICK_BATCHES, QUICK_MANY, QUICK_SECONDS = 50, 3, (1, 10), 0.5


def measure(judged: Judged) -> Found:
    """A `trivet serve` of its own over the model, asked on loopback; times depend on this machine and get no gate."""
    quick = judged.is_quick
    many, seconds = (QUICK_MANY, QUICK_SECONDS) if quick else (MANY, SECONDS)
    texts = judged.texts
    with tempfile.TemporaryDirectory(prefix="trivet-") as home:
        words = ("support", "--insecure", "--model", f"support={judged.artifact.path}")
        with running_service(words, judged.settings, home=Path(home), modules=Path(home) / "modules") as service:
            alone = _ask_alone(service, texts, QUICK_ALONE if quick else ALONE)
            before = service.megabytes()
            batched = _ask_batches(service, texts, QUICK_BATCHES if quick else BATCHES)
            base = str(service.client.base_url)
            lines = [(count, *asyncio.run(_ask_many(base, texts, count, seconds))) for count in many]
            after = service.megabytes()
    quantiles = [float(np.quantile(alone, share)) for share in (0.5, 0.95, 0.99)]
    rows = tuple((count, rate, p50, p95, failed) for count, rate, p50, p95, failed in lines)
    return Found(
        metrics=(
            Metric("p50", "One message, median", quantiles[0], unit="ms"),
            Metric("p95", "One message, 95th of 100", quantiles[1], unit="ms"),
            Metric("p99", "One message, 99th of 100", quantiles[2], unit="ms"),
            Metric("batched", f"In batches of {BATCH}", batched, unit="per second"),
            Metric("start", "Start to first answer", service.seconds, unit="s"),
            Metric("memory", "Memory afterwards", after, unit="MB"),
            Metric("memory_growth", "Memory gained under load", after - before, unit="MB"),
            Metric("failed", "Requests that failed", float(sum(row[4] for row in rows)), unit="rows", better="lower"),
        ),
        tables=(
            Table(
                "connections",
                "From many connections",
                ("connections", "answers a second", "median ms", "95th of 100, ms", "failed"),
                rows,
                note=f"{seconds:g} s each; client and server share this machine, so these are low estimates.",
            ),
        ),
        plots=(_draw(rows),),
    )


def _ask_alone(service: Running, texts: list[str], count: int) -> list[float]:
    spent = []
    for text, _ in zip(cycle(texts), range(count)):
        began = time.perf_counter()
        service.client.post("/v1/parse", json={"text": text}).raise_for_status()
        spent.append(1000 * (time.perf_counter() - began))
    return spent


def _ask_batches(service: Running, texts: list[str], count: int) -> float:
    """Texts a second."""
    every = cycle(texts)
    batches = [[next(every) for _ in range(BATCH)] for _ in range(count)]
    began = time.perf_counter()
    for batch in batches:
        service.client.post("/v1/parse:batch", json={"texts": batch}).raise_for_status()
    return count * BATCH / (time.perf_counter() - began)


async def _ask_many(base: str, texts: list[str], count: int, seconds: float) -> tuple[float, float, float, int]:
    """Answers a second, median and 95th of their milliseconds, and requests that failed, of so many connections."""
    import httpx

    spent: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=30) as client:

        async def ask(first: int) -> None:
            nonlocal failed
            at = first
            while time.perf_counter() < end:
                began = time.perf_counter()
                answer = await client.post("/v1/parse", json={"text": texts[at % len(texts)]})
                spent.append(1000 * (time.perf_counter() - began))
                failed += answer.status_code != 200
                at += count

        began = time.perf_counter()
        await asyncio.gather(*(ask(at) for at in range(count)))
        whole = time.perf_counter() - began
    return len(spent) / whole, float(np.quantile(spent, 0.5)), float(np.quantile(spent, 0.95)), failed


def _draw(rows: tuple[tuple[Any, ...], ...]) -> Plot:
    def paint(axes: Axes) -> None:
        names = [str(row[0]) for row in rows]
        axes.bar(names, [row[1] for row in rows], color=ACCENT, width=0.6)
        axes.set(xlabel="connections", ylabel="answers a second")

    return draw("throughput", "Answers a second", paint, size=(4.8, 3.2))


section = Section(
    10, "load", "Latency and load", "How fast does a server answer on this machine, and does its memory stay?", measure
)
