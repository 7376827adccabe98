"""Whether confidences mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError
from trivet.evaluation.intervals import ROUNDS, Interval, check_values, draw_rows, percentiles

BINS = 15

# Rows that the bootstrap of the ECE sorts in all: some two seconds.
SORTED_ROWS = 20_000_000

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of neighbouring confidence: their mean confidence and the share of them that is right."""

    confidence: float
    accuracy: float
    rows: int


def reliability(confidences: ArrayLike, correct: ArrayLike, *, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Bins of equally many rows, by rising confidence.

    Raises:
        InputError: as many confidences as outcomes are wanted, at least one, all finite.
    """
    levels, right = _check_pair(confidences, correct)
    order = np.argsort(levels, kind="stable")
    edges = _edges(len(levels), bins)
    parts = [order[start:stop] for start, stop in pairwise(edges)]
    return tuple(ReliabilityBin(float(levels[part].mean()), float(right[part].mean()), len(part)) for part in parts)


def ece(confidences: ArrayLike, correct: ArrayLike, *, bins: int = BINS) -> float:
    """Expected calibration error over bins of equally many rows: mean of |confidence - accuracy|, weighed by rows.

    Nixon et al. 2019, arXiv 1904.01685. Errors as for `reliability`.
    """
    levels, right = _check_pair(confidences, correct)
    return float(_ece(levels[None], right[None], _edges(len(levels), bins))[0])


def ece_interval(
    confidences: ArrayLike, correct: ArrayLike, *, seed: int, bins: int = BINS, rounds: int = ROUNDS
) -> Interval:
    """95 % bootstrap interval of the ECE, moved by the bootstrap's own bias: resampling adds noise, and noise adds ECE.

    Sets of more than ten thousand rows are resampled fewer times, as each round must sort them.
    """
    levels, right = _check_pair(confidences, correct)
    edges = _edges(len(levels), bins)
    rounds = max(200, min(rounds, SORTED_ROWS // len(levels)))
    resampled = np.concatenate(
        [_ece(levels[drawn], right[drawn], edges) for drawn in draw_rows(len(levels), seed=seed, rounds=rounds)]
    )
    bias = resampled.mean() - _ece(levels[None], right[None], edges)[0]
    return percentiles(np.maximum(resampled - bias, 0.0), confidence=0.95)


def brier(probabilities: ArrayLike, truth: ArrayLike) -> Doubles:
    """Brier score a row F64[N]: sum over labels of (probability - truth)^2, from 0 to 2 (Brier 1950).

    probabilities [N, C], truth I64[N].

    Raises:
        InputError: shapes that do not go together.
    """
    chances, indices = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    if chances.ndim != 2 or indices.shape != (len(chances),):
        raise InputError(f"probabilities {list(chances.shape)} but truth {list(indices.shape)}.", where="truth")
    return (chances**2).sum(axis=1) - 2 * chances[np.arange(len(chances)), indices] + 1


def _edges(rows: int, bins: int) -> NDArray[np.int64]:
    return np.linspace(0, rows, min(bins, rows) + 1).astype(np.int64)


def _ece(levels: Doubles, right: Doubles, edges: NDArray[np.int64]) -> Doubles:
    """ECE F64[R] of R sets of confidences and outcomes [R, N]."""
    order = np.argsort(levels, axis=1, kind="stable")
    gaps = np.take_along_axis(levels - right, order, axis=1)
    sums: Doubles = np.add.reduceat(gaps, edges[:-1], axis=1)
    return np.abs(sums).sum(axis=1) / levels.shape[1]


def _check_pair(confidences: ArrayLike, correct: ArrayLike) -> tuple[Doubles, Doubles]:
    levels, right = check_values(confidences), check_values(correct)
    if len(levels) != len(right):
        raise InputError(f"{len(levels)} confidences but {len(right)} outcomes.", where="confidences")
    return levels, right
