"""One logistic regression a label, where a text may have several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import DataError
from trivet.heads.head import Floats
from trivet.heads.logistic import LogisticHead
from trivet.heads.rows import check_embeddings, check_labels
from trivet.heads.targets import check_targets

Doubles = NDArray[np.float64]
FOLDS = 3


def fit_one_vs_rest(
    embeddings: ArrayLike,
    truth: ArrayLike,
    labels: Sequence[str],
    *,
    penalties: Sequence[float],
    seed: int,
    folds: int | None = None,
) -> LogisticHead:
    """The head of embeddings F32[N, D] with truth bool[N, C], at the penalty with the lowest log loss in folds.

    Its scores are one logit a label, each for itself. With `folds` given there are always out-of-fold scores; without,
    folds are fitted (three) only where a penalty is to be chosen.

    Raises:
        InputError: embeddings that are not finite numbers of shape [N, D].
        DataError: truth, labels or penalties that do not fit.
    """
    names = check_labels(labels)
    rows = check_embeddings(embeddings)
    targets = check_targets(truth, rows=len(rows), columns=len(names))
    if not penalties or min(penalties) <= 0:
        raise DataError("a penalty is a number above 0.", where="penalties")
    if len(rows) < 2 or (folds is None and len(penalties) == 1):
        return _at(rows, targets, names, float(penalties[0]))
    ordered = sorted(map(float, penalties), reverse=True)
    order = np.random.default_rng(seed).permutation(len(rows))
    count = min(folds or FOLDS, len(rows))
    scores = _score_folds(rows, targets, ordered, [order[start::count] for start in range(count)])
    losses = [float((np.logaddexp(0.0, one) - targets * one).mean()) for one in scores]
    best = int(np.argmin(losses))
    return replace(_at(rows, targets, names, ordered[best]), out_of_fold_scores=scores[best].astype(np.float32))


def _at(rows: Floats, targets: Doubles, names: tuple[str, ...], penalty: float) -> LogisticHead:
    weight, bias = _minimise(rows, targets, penalty, start=None)
    return LogisticHead(names, weight.astype(np.float32), bias.astype(np.float32), penalty)


def _minimise(rows: Floats, targets: Doubles, penalty: float, *, start: Doubles | None) -> tuple[Doubles, Doubles]:
    """W F64[C, D] and b F64[C] at the minimum of the sum of log losses + penalty / 2 |W|^2, by L-BFGS.

    The labels do not touch each other, so that the minimum over all is the minimum of each.
    """
    from scipy import optimize  # heavy; scoring does without it

    # A column of ones carries the bias.
    wide = np.concatenate([rows, np.ones((len(rows), 1), dtype=np.float32)], axis=1).astype(np.float64)
    classes, shrink = targets.shape[1], penalty / len(rows)

    def lose(flat: Doubles) -> tuple[float, Doubles]:
        weight = flat.reshape(classes, -1)
        logits = wide @ weight.T
        loss = float((np.logaddexp(0.0, logits) - targets * logits).sum()) / len(wide)
        loss += shrink / 2 * float((weight[:, :-1] ** 2).sum())
        small = np.exp(-np.abs(logits))
        chances = np.where(logits >= 0, 1.0, small) / (1.0 + small)
        gradient = ((chances - targets).T @ wide) / len(wide)
        gradient[:, :-1] += shrink * weight[:, :-1]
        return loss, gradient.ravel()

    first = np.zeros(classes * wide.shape[1]) if start is None else start
    found = optimize.minimize(
        lose, first, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "maxcor": 20, "gtol": 1e-6, "ftol": 1e-10}
    )
    weight = found.x.reshape(classes, -1)
    return weight[:, :-1], weight[:, -1]


def _score_folds(
    rows: Floats, targets: Doubles, penalties: Sequence[float], folds: Sequence[NDArray[np.int64]]
) -> list[Doubles]:
    """Out-of-fold logits F64[N, C] a penalty; penalties fall, so that each fit starts close to its end."""
    scores = [np.zeros(targets.shape) for _ in penalties]
    for fold in folds:
        seen = np.ones(len(rows), dtype=bool)
        seen[fold] = False
        start = None
        for at, penalty in enumerate(penalties):
            weight, bias = _minimise(rows[seen], targets[seen], penalty, start=start)
            scores[at][fold] = rows[fold] @ weight.T + bias
            start = np.concatenate([weight, bias[:, None]], axis=1).ravel()
    return scores
