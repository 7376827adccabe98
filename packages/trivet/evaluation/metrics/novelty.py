"""How well foreign texts are told from those in scope."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.evaluation.intervals import Interval, check_values, percentiles

Measure = Callable[[NDArray[np.float64], NDArray[np.float64]], float]

# Rounds of the bootstrap: each sorts all rows.
ROUNDS = 500


def auroc(known: ArrayLike, foreign: ArrayLike) -> float:
    """The share of pairs in which the foreign text has the higher novelty; of equal ones half (Mann and Whitney 1947).

    Raises:
        InputError: novelties [N] and [M] that are not finite, or none.
    """
    ours, theirs = np.sort(check_values(known)), check_values(foreign)
    below, up_to = np.searchsorted(ours, theirs), np.searchsorted(ours, theirs, side="right")
    return float((below + up_to).mean() / (2 * len(ours)))


def auroc_interval(known: ArrayLike, foreign: ArrayLike, *, seed: int, rounds: int = ROUNDS) -> Interval:
    """95 % bootstrap interval; texts in scope and foreign ones are drawn apart."""
    return _resample(auroc, known, foreign, seed=seed, rounds=rounds)


def recall_at(known: ArrayLike, foreign: ArrayLike, *, refused: float) -> float:
    """The share of foreign texts above the novelty that at most the share `refused` of texts in scope exceeds.

    Raises:
        InputError: as `auroc`.
    """
    ours, theirs = np.sort(check_values(known)), check_values(foreign)
    most = int(refused * len(ours) + 1e-9)
    return float((theirs > ours[len(ours) - 1 - most]).mean())


def recall_interval(
    known: ArrayLike, foreign: ArrayLike, *, refused: float, seed: int, rounds: int = ROUNDS
) -> Interval:
    """95 % bootstrap interval of `recall_at`; the bar moves with the texts in scope that are drawn."""

    def measure(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
        return recall_at(ours, theirs, refused=refused)

    return _resample(measure, known, foreign, seed=seed, rounds=rounds)


def _resample(measure: Measure, known: ArrayLike, foreign: ArrayLike, *, seed: int, rounds: int) -> Interval:
    ours, theirs = check_values(known), check_values(foreign)
    rng = np.random.default_rng(seed)
    values = [measure(rng.choice(ours, len(ours)), rng.choice(theirs, len(theirs))) for _ in range(rounds)]
    return percentiles(np.array(values), confidence=0.95)
