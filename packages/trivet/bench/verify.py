"""Recomputes a recorded figure from the predictions that were kept with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import numpy as np

from trivet.bench.definition import Benchmark
from trivet.bench.record import Record
from trivet.errors import TrivetError

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verified:
    """The value in the record and the one recomputed."""

    id: str
    seed: int
    recorded: float
    recomputed: float

    @property
    def agrees(self) -> bool:
        """Whether the two are the same number."""
        return abs(self.recorded - self.recomputed) <= TOLERANCE


def verify(record: Record, benchmark: Benchmark, root: Path) -> Verified:
    """The value of one seed's record again, from its predictions.

    Raises:
        TrivetError: the predictions are missing.
    """
    path = root / record.predictions
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrivetError("the predictions are missing.", where=str(path), todo="Run the benchmark again.") from error
    return Verified(record.id, record.seeds[0], record.value, recompute(benchmark, kept))


def recompute(benchmark: Benchmark, kept: dict[str, Any]) -> float:
    """The figure that the kept predictions give."""
    match benchmark.measure:
        case "quality":
            return float(np.mean(np.asarray(kept["predicted"]) == np.asarray(kept["truth"])))
        case "int8_loss":
            truth = np.asarray(kept["truth"])
            exact = float(np.mean(np.asarray(kept["fp32"]) == truth))
            return 100 * (exact - float(np.mean(np.asarray(kept["int8"]) == truth)))
        case "batch_flips":
            return float(np.sum(np.asarray(kept["alone"]) != np.asarray(kept["together"])))
        case "service_memory" | "service_start":
            return float(np.median(kept["runs"]))
        case _:
            assert_never(benchmark.measure)
