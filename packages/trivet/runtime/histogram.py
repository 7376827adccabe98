"""Counts of observations by size, readable while they grow."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class HistogramState:
    """What a histogram held at one moment: `counts[i]` were at most `bounds[i]`, the last count is all of them."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @property
    def count(self) -> int:
        """How many observations there were."""
        return self.counts[-1]


class Histogram:
    """Counts observations in buckets with fixed upper bounds; one thread observes, any thread reads."""

    def __init__(self, bounds: Sequence[float]) -> None:
        assert list(bounds) == sorted(bounds), "bounds rise"
        self.bounds = tuple(float(bound) for bound in bounds)
        self._counts = [0] * (len(self.bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> None:
        """Count one observation."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self._total += value

    def read(self) -> HistogramState:
        """Cumulative counts, as Prometheus wants them."""
        rising: list[int] = []
        for count in tuple(self._counts):
            rising.append(count + (rising[-1] if rising else 0))
        return HistogramState(self.bounds, tuple(rising), self._total)
