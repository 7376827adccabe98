"""Turns scores into probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

Doubles = NDArray[np.float64]

# The temperature is looked for within these factors of the spread of the scores.
COLDEST, HOTTEST = 1e-3, 1e3


def probabilities(scores: ArrayLike, temperature: float) -> Doubles:
    """softmax(scores / temperature) F64[N, C] of scores [N, C].

    Raises:
        InputError: scores that are not finite numbers of shape [N, C]; names the row.
    """
    rows = _check_scores(scores) / temperature
    rows -= rows.max(axis=1, keepdims=True)
    np.exp(rows, out=rows)
    rows /= rows.sum(axis=1, keepdims=True)
    return rows


def log_loss(scores: ArrayLike, truth: ArrayLike, *, temperature: float = 1.0) -> float:
    """Mean of -log probability of the true label (indices I64[N])."""
    rows, indices = _check_pair(scores, truth)
    return float(_losses(rows, indices, 1 / temperature).mean())


def fit_temperature(scores: ArrayLike, truth: ArrayLike) -> float:
    """The temperature with the lowest log loss on rows that were held out (Guo et al. 2017, arXiv 1706.04599).

    One made-up row a data set, spread over all labels, keeps it finite where every row is right; its weight vanishes
    as rows grow. 1.0 where the scores do not tell labels apart at all.

    Raises:
        InputError: scores that are not finite numbers of shape [N, C].
        ValueError: truth that is not one index of a column a row.
    """
    from scipy import optimize  # heavy; serving does without it

    rows, indices = _check_pair(scores, truth)
    spread = float((rows.max(axis=1) - rows.mean(axis=1)).mean())
    if spread == 0.0:
        return 1.0
    centred = rows - rows.mean(axis=1, keepdims=True)

    def lose(log_temperature: float) -> float:
        inverse = float(np.exp(-log_temperature))
        logits = centred * inverse
        top = logits.max(axis=1)
        totals = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        right = logits[np.arange(len(logits)), indices]
        # The made-up row: its loss at a uniform label is the mean of `totals`, as centred logits have mean 0.
        return float((totals - right).sum() + totals.mean())

    bounds = (np.log(spread * COLDEST), np.log(spread * HOTTEST))
    found = optimize.minimize_scalar(lose, bounds=bounds, method="bounded", options={"xatol": 1e-5})
    return float(np.exp(found.x))


def _losses(rows: Doubles, truth: NDArray[np.int64], inverse: float) -> Doubles:
    logits = rows * inverse
    top = logits.max(axis=1)
    return top + np.log(np.exp(logits - top[:, None]).sum(axis=1)) - logits[np.arange(len(logits)), truth]


def _check_scores(scores: ArrayLike) -> Doubles:
    rows = np.array(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise InputError(f"scores have shape {list(rows.shape)}, not [rows, labels].", where="scores")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise InputError("a score is not a finite number.", where=f"row {int(np.argmin(finite))}")
    return rows


def _check_pair(scores: ArrayLike, truth: ArrayLike) -> tuple[Doubles, NDArray[np.int64]]:
    rows = _check_scores(scores)
    indices = np.asarray(truth, dtype=np.int64)
    if len(rows) == 0:
        raise InputError("there are no rows to calibrate on.", where="scores")
    if indices.shape != (len(rows),):
        raise InputError(f"{len(rows)} rows of scores but truth of shape {list(indices.shape)}.", where="truth")
    if indices.min() < 0 or indices.max() >= rows.shape[1]:
        raise InputError(f"a true label lies outside the {rows.shape[1]} columns.", where="truth")
    return rows, indices
