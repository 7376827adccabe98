"""Intervals: how far a figure could lie elsewhere had other rows been drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

ROUNDS = 2000

# Indices drawn at a time, so that large sets do not fill the memory.
CHUNK = 2_000_000

# From indices of resampled rows I64[rounds, N] to the statistic of each round F64[rounds].
Statistic = Callable[[NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Interval:
    """Ends of an interval."""

    low: float
    high: float


def bootstrap_interval(per_row: ArrayLike, *, seed: int, rounds: int = ROUNDS, confidence: float = 0.95) -> Interval:
    """Percentile bootstrap interval of the mean of one value a row [N] (Efron 1979); the same seed gives the same ends.

    Raises:
        InputError: no values, or one that is not finite.
    """
    values = check_values(per_row)
    if np.isin(values, (0.0, 1.0)).all():
        # Resampled means of zeros and ones are binomial: no need to draw the rows.
        ones = np.random.default_rng(seed).binomial(len(values), values.mean(), size=rounds)
        return percentiles(ones / len(values), confidence=confidence)
    return bootstrap_statistic(
        lambda drawn: values[drawn].mean(axis=1), len(values), seed=seed, rounds=rounds, confidence=confidence
    )


def bootstrap_statistic(
    statistic: Statistic, rows: int, *, seed: int, rounds: int = ROUNDS, confidence: float = 0.95
) -> Interval:
    """Percentile bootstrap interval of any statistic of `rows` rows, many rounds at a call."""
    return percentiles(
        np.concatenate([statistic(drawn) for drawn in draw_rows(rows, seed=seed, rounds=rounds)]), confidence=confidence
    )


def draw_rows(rows: int, *, seed: int, rounds: int) -> Iterator[NDArray[np.int64]]:
    """Indices of resampled rows I64[some rounds, rows], chunk by chunk until there are `rounds`."""
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // rows)
    for start in range(0, rounds, step):
        yield rng.integers(rows, size=(min(step, rounds - start), rows))


def percentiles(values: NDArray[np.float64], *, confidence: float) -> Interval:
    """The middle `confidence` share of resampled values."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))


def wilson(successes: int, rows: int, *, confidence: float = 0.95) -> Interval:
    """Interval of a proportion (Wilson 1927); unlike the bootstrap it does not collapse where all rows are right.

    Raises:
        InputError: no rows, or more successes than rows.
    """
    from scipy import special

    if not 0 <= successes <= rows or rows == 0:
        raise InputError(f"{successes} of {rows} is no proportion.", where="interval")
    z = float(special.ndtri(0.5 + confidence / 2))
    share = successes / rows
    middle = (share + z * z / (2 * rows)) / (1 + z * z / rows)
    half = z / (1 + z * z / rows) * (share * (1 - share) / rows + z * z / (4 * rows * rows)) ** 0.5
    # At the ends rounding would leave 1e-17 outside of [0, 1].
    return Interval(0.0 if successes == 0 else middle - half, 1.0 if successes == rows else middle + half)


def check_values(per_row: ArrayLike) -> NDArray[np.float64]:
    """One finite value a row, F64[N].

    Raises:
        InputError: no values, another shape, or one that is not finite; names the row.
    """
    values = np.asarray(per_row, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise InputError(f"values have shape {list(values.shape)}, not one a row.", where="values")
    finite = np.isfinite(values)
    if not finite.all():
        raise InputError("the value is not a finite number.", where=f"row {int(np.argmin(finite))}")
    return values
