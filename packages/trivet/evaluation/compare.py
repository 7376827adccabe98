"""Paired comparison of two models on the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError
from trivet.evaluation.intervals import ROUNDS, check_values, draw_rows, percentiles

Verdict = Literal["superior", "equal", "inferior"]

LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """Mean of a - b with its 95 % interval, the p value of no difference, and what follows at the 5 % level for a.

    `equal` only says that these rows show no difference.
    """

    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict


@dataclass(frozen=True)
class NonInferiority:
    """Whether the lower end of the 95 % interval of candidate - live lies at or above -`margin`."""

    holds: bool
    difference: float
    low: float
    margin: float


def compare_paired(correct_a: ArrayLike, correct_b: ArrayLike, *, seed: int, rounds: int = ROUNDS) -> Comparison:
    """Compares outcomes of two models row by row [N]: right or wrong, or any score a row (NDCG a user).

    The interval is a paired bootstrap. The p value is exact for right or wrong (McNemar 1947, binomial on the rows
    where the two differ), else twice the smaller share of rounds on one side of zero.

    Raises:
        InputError: outcomes of different length, none, or one that is not finite.
    """
    a, b = _check_pair(correct_a, correct_b)
    differences = a - b
    resampled = _resample_means(differences, seed=seed, rounds=rounds)
    ends = percentiles(resampled, confidence=1 - LEVEL)
    if _are_outcomes(a) and _are_outcomes(b):
        p = mcnemar(int((differences > 0).sum()), int((differences < 0).sum()))
    elif not differences.any():
        p = 1.0
    else:
        rarer = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
        p = min(1.0, 2 * (rarer + 1) / (rounds + 1))
    difference = float(differences.mean())
    verdict: Verdict = "equal" if p >= LEVEL or difference == 0 else "superior" if difference > 0 else "inferior"
    return Comparison(difference, ends.low, ends.high, p, verdict)


def non_inferior(
    candidate: ArrayLike, live: ArrayLike, *, margin: float, seed: int, rounds: int = ROUNDS
) -> NonInferiority:
    """Tests that the candidate loses at most `margin` against the live model on the same rows [N] (one-sided, 2.5 %).

    Raises:
        InputError: as for `compare_paired`, or a margin below 0.
    """
    if margin < 0:
        raise InputError(f"a margin of {margin} is below 0.", where="margin")
    found = compare_paired(candidate, live, seed=seed, rounds=rounds)
    return NonInferiority(found.low >= -margin, found.difference, found.low, margin)


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p value that two models err equally often, from the rows that only one of them got right."""
    from scipy import special

    differ = only_a + only_b
    return 1.0 if differ == 0 else min(1.0, 2 * float(special.bdtr(min(only_a, only_b), differ, 0.5)))


def _resample_means(differences: NDArray[np.float64], *, seed: int, rounds: int) -> NDArray[np.float64]:
    rows = len(differences)
    if np.isin(differences, (-1.0, 0.0, 1.0)).all():
        # Counts of resampled wins, ties and losses are multinomial: no need to draw the rows.
        shares = [(differences == sign).mean() for sign in (1.0, -1.0, 0.0)]
        counts = np.random.default_rng(seed).multinomial(rows, shares, size=rounds)
        return (counts[:, 0] - counts[:, 1]) / rows
    return np.concatenate([differences[drawn].mean(axis=1) for drawn in draw_rows(rows, seed=seed, rounds=rounds)])


def _are_outcomes(values: NDArray[np.float64]) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _check_pair(one: ArrayLike, other: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = check_values(one), check_values(other)
    if len(a) != len(b):
        raise InputError(f"{len(a)} outcomes against {len(b)}: a paired test needs the same rows.", where="outcomes")
    return a, b
