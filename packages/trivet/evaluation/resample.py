"""Sums over resampled rows: what a statistic of sums, such as F1, is resampled by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from trivet.evaluation.compare import LEVEL, Comparison, NonInferiority, Verdict
from trivet.evaluation.intervals import ROUNDS, Interval, draw_rows, percentiles

Doubles = NDArray[np.float64]


def resample_sums(rows: Doubles, *, seed: int, rounds: int = ROUNDS) -> Doubles:
    """The sums F64[R, K] of rows [N, K] over R sets of N rows drawn with replacement; the same seed draws the same."""
    parts = []
    for drawn in draw_rows(len(rows), seed=seed, rounds=rounds):
        weights = np.stack([np.bincount(one, minlength=len(rows)) for one in drawn])
        parts.append(weights.astype(np.float64) @ rows)
    return np.concatenate(parts)


def middle(values: Doubles) -> Interval:
    """The 95 % interval of a statistic, from its values on resampled rows."""
    return percentiles(values, confidence=1 - LEVEL)


def compare_rounds(ours: Doubles, theirs: Doubles, *, difference: float) -> Comparison:
    """Two models by a statistic on the same resampled rows [R]; `difference` is ours - theirs on the rows themselves.

    The p value is twice the smaller share of rounds on one side of zero.
    """
    differences = ours - theirs
    ends = middle(differences)
    if not differences.any():
        return Comparison(difference, 0.0, 0.0, 1.0, "equal")
    rarer = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    p = min(1.0, 2 * (rarer + 1) / (len(differences) + 1))
    verdict: Verdict = "equal" if p >= LEVEL or difference == 0 else "superior" if difference > 0 else "inferior"
    return Comparison(difference, ends.low, ends.high, p, verdict)


def non_inferior_by(
    statistic: Callable[[Doubles], Doubles], candidate: Doubles, live: Doubles, *, margin: float, seed: int
) -> NonInferiority:
    """Tests that the candidate loses at most `margin` of a statistic of sums over the same rows [N, K] (2.5 %)."""
    difference = float(statistic(candidate.sum(axis=0)) - statistic(live.sum(axis=0)))
    rounds = statistic(resample_sums(candidate, seed=seed)) - statistic(resample_sums(live, seed=seed))
    low = middle(rounds).low
    return NonInferiority(low >= -margin, difference, low, margin)
