"""How far predicted numbers lie from the true ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError
from trivet.evaluation.intervals import check_values

Doubles = NDArray[np.float64]


def squared_errors(truth: ArrayLike, predicted: ArrayLike) -> Doubles:
    """The squared error a row F64[N]; their mean is the MSE.

    Raises:
        InputError: no rows, different lengths, or a number that is not finite.
    """
    true, found = check_numbers(truth, predicted)
    return (true - found) ** 2


def r_squared(truth: Doubles, predicted: Doubles) -> Doubles:
    """Share of the variance that is explained, over the last axis; 0 is the mean of these rows, below 0 worse."""
    around = ((truth - truth.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    left = ((truth - predicted) ** 2).sum(axis=-1)
    return np.asarray(np.where(around > 0, 1 - left / np.where(around > 0, around, 1.0), 0.0), dtype=np.float64)


def spearman(truth: Doubles, predicted: Doubles) -> Doubles:
    """Correlation of the ranks, over the last axis; equal numbers share their mean rank; 0 where all are equal."""
    from scipy.stats import rankdata

    one, other = rankdata(truth, axis=-1), rankdata(predicted, axis=-1)
    one -= one.mean(axis=-1, keepdims=True)
    other -= other.mean(axis=-1, keepdims=True)
    spread = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    return np.asarray(np.where(spread > 0, (one * other).sum(axis=-1) / np.where(spread > 0, spread, 1.0), 0.0))


def check_numbers(truth: ArrayLike, predicted: ArrayLike) -> tuple[Doubles, Doubles]:
    """Both as F64[N].

    Raises:
        InputError: no rows, different lengths, or a number that is not finite.
    """
    true, found = check_values(truth), check_values(predicted)
    if len(true) != len(found):
        raise InputError(f"{len(true)} true numbers but {len(found)} predicted ones.", where="truth")
    return true, found
