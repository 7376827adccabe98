"""Multinomial logistic regression in numpy: the head that everybody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import DataError
from trivet.heads.head import Floats, Indices
from trivet.heads.rows import check_embeddings, check_labels, check_truth

Doubles = NDArray[np.float64]

FOLDS = 3


@dataclass(frozen=True, eq=False, repr=False)
class LogisticHead:
    """Logits E W' + b with W F32[C, D], b F32[C]; the penalty is 1/C of scikit-learn, on W only.

    `out_of_fold_scores` F32[N, C] are logits of each row by a fit that has not seen it, where the penalty was chosen by
    folds; for calibration.
    """

    labels: tuple[str, ...]
    weight: Floats
    bias: Floats
    penalty: float
    out_of_fold_scores: Floats | None = None

    @classmethod
    def fit(
        cls,
        embeddings: ArrayLike,
        truth: ArrayLike,
        labels: Sequence[str],
        *,
        penalties: Sequence[float],
        seed: int,
        folds: int | None = None,
    ) -> LogisticHead:
        """The head of embeddings F32[N, D] with labels I64[N], at the penalty with the best accuracy in folds.

        Folds are stratified; equal accuracies are told apart by the log loss. With `folds` given there are always
        out-of-fold scores; without, folds are fitted (three) only where a penalty is to be chosen.

        Raises:
            InputError: embeddings that are not finite numbers of shape [N, D].
            DataError: truth, labels or penalties that do not fit; fewer than two labels.
        """
        names = check_labels(labels)
        rows = check_embeddings(embeddings)
        indices = check_truth(truth, rows=len(rows), classes=len(names))
        if len(names) < 2:
            raise DataError("a choice needs at least two labels.", where="labels")
        if not penalties or min(penalties) <= 0:
            raise DataError("a penalty is a number above 0.", where="penalties")
        if len(rows) < 2 or (folds is None and len(penalties) == 1):
            return cls._at(rows, indices, names, float(penalties[0]))
        ordered = sorted(map(float, penalties), reverse=True)
        scores = _score_folds(
            rows, indices, len(names), ordered, _deal(indices, min(folds or FOLDS, len(rows)), seed=seed)
        )
        merits = [_merit(one, indices) for one in scores]
        best = max(range(len(ordered)), key=merits.__getitem__)
        return replace(cls._at(rows, indices, names, ordered[best]), out_of_fold_scores=scores[best].astype(np.float32))

    @classmethod
    def _at(cls, rows: Floats, truth: Indices, names: tuple[str, ...], penalty: float) -> LogisticHead:
        weight, bias = _minimise(rows, truth, len(names), penalty, start=None)
        return cls(names, weight.astype(np.float32), bias.astype(np.float32), penalty)

    def scores(self, embeddings: ArrayLike) -> Floats:
        """Logits F32[N, C]."""
        return check_embeddings(embeddings, dim=self.weight.shape[1]) @ self.weight.T + self.bias

    def tensors(self) -> dict[str, Floats]:
        """Weight and bias, laid out as a linear layer of torch has them."""
        return {"weight": self.weight, "bias": self.bias}

    def describe(self) -> dict[str, Any]:
        """Kind, labels and the penalty that was chosen."""
        return {"kind": "logistic", "labels": list(self.labels), "penalty": self.penalty}


def _minimise(
    rows: Floats, truth: Indices, classes: int, penalty: float, *, start: Doubles | None
) -> tuple[Doubles, Doubles]:
    """W F64[C, D] and b F64[C] at the minimum of the sum of log losses + penalty / 2 |W|^2, by L-BFGS.

    The objective is convex, so the start only decides how long it takes. It is divided by the rows, as the tolerance
    of L-BFGS is absolute.
    """
    from scipy import optimize  # heavy; scoring does without it

    # A column of ones carries the bias.
    wide = np.concatenate([rows, np.ones((len(rows), 1), dtype=np.float32)], axis=1).astype(np.float64)
    every = np.arange(len(rows))
    shrink = penalty / len(rows)

    def lose(flat: Doubles) -> tuple[float, Doubles]:
        weight = flat.reshape(classes, -1)
        logits = wide @ weight.T
        logits -= logits.max(axis=1, keepdims=True)
        right = logits[every, truth]
        np.exp(logits, out=logits)
        totals = logits.sum(axis=1)
        loss = float((np.log(totals) - right).mean()) + shrink / 2 * float((weight[:, :-1] ** 2).sum())
        logits /= totals[:, None]
        logits[every, truth] -= 1.0
        gradient = (logits.T @ wide) / len(wide)
        gradient[:, :-1] += shrink * weight[:, :-1]
        return loss, gradient.ravel()

    first = np.zeros(classes * wide.shape[1]) if start is None else start
    found = optimize.minimize(
        lose, first, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "maxcor": 20, "gtol": 1e-6, "ftol": 1e-10}
    )
    weight = found.x.reshape(classes, -1)
    return weight[:, :-1], weight[:, -1]


def _score_folds(
    rows: Floats, truth: Indices, classes: int, penalties: Sequence[float], folds: Sequence[Indices]
) -> list[Doubles]:
    """Out-of-fold logits F64[N, C] a penalty; penalties fall, so that each fit starts close to its end."""
    scores = [np.zeros((len(rows), classes)) for _ in penalties]
    for fold in folds:
        seen = np.ones(len(rows), dtype=bool)
        seen[fold] = False
        start = None
        for at, penalty in enumerate(penalties):
            weight, bias = _minimise(rows[seen], truth[seen], classes, penalty, start=start)
            scores[at][fold] = rows[fold] @ weight.T + bias
            start = np.concatenate([weight, bias[:, None]], axis=1).ravel()
    return scores


def _deal(truth: Indices, count: int, *, seed: int) -> list[Indices]:
    """Rows of each label are dealt out to the folds in turn."""
    order = np.random.default_rng(seed).permutation(len(truth))
    dealt = order[np.argsort(truth[order], kind="stable")]
    return [dealt[start::count] for start in range(count)]


def _merit(logits: Doubles, truth: Indices) -> tuple[float, float]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    right = shifted[np.arange(len(truth)), truth]
    loss = float((np.log(np.exp(shifted).sum(axis=1)) - right).mean())
    return float((logits.argmax(axis=1) == truth).mean()), -loss
