"""Ridge regression on random ReLU features: fitted in one pass, learns a label at once, forgets a row exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import DataError
from trivet.heads.expansion import BLOCK, Expansion
from trivet.heads.head import Floats, Indices
from trivet.heads.leave_one_out import leave_one_out
from trivet.heads.rows import check_embeddings, check_labels, check_new_label, check_truth
from trivet.heads.statistics import AnalyticStatistics
from trivet.trust.temperature import fit_temperature, log_loss


@dataclass(frozen=True, eq=False, repr=False)
class AnalyticHead:
    """Scores are relu(E W) A with weights A F32[K, C] from running statistics (RanPAC, arXiv 2307.02251).

    `statistics` let it learn and forget; a head that was only loaded has none. `leave_one_out_scores` F32[N, C] are
    what each row of the fit would have got from a head fitted without it, in the order of the rows; for calibration.
    """

    labels: tuple[str, ...]
    expansion: Expansion
    weights: Floats
    penalty: float
    statistics: AnalyticStatistics | None = None
    leave_one_out_scores: Floats | None = None

    @classmethod
    def fit(
        cls,
        embeddings: ArrayLike,
        truth: ArrayLike,
        labels: Sequence[str],
        *,
        expansion: int,
        penalties: Sequence[float],
        seed: int,
    ) -> AnalyticHead:
        """The head of embeddings F32[N, D] with labels I64[N], at the penalty whose leave-one-out accuracy is best.

        Equal accuracies are told apart by the log loss of the calibrated scores. `expansion` is K; 0 regresses on the
        embeddings themselves.

        Raises:
            InputError: embeddings that are not finite numbers of shape [N, D].
            DataError: truth, labels or penalties that do not fit.
        """
        names = check_labels(labels)
        rows = check_embeddings(embeddings)
        indices = check_truth(truth, rows=len(rows), classes=len(names))
        if not penalties or min(penalties) <= 0:
            raise DataError("a ridge penalty is a number above 0.", where="penalties")
        features = Expansion.draw(rows.shape[1], expansion, seed=seed)
        statistics = AnalyticStatistics.measure(features, rows, indices, classes=len(names))
        scores = leave_one_out(features, statistics, rows, indices, penalties)
        best = _choose(scores, indices)
        return replace(_solve(names, features, penalties[best], statistics), leave_one_out_scores=scores[best])

    def with_label(self, label: str, embeddings: ArrayLike) -> AnalyticHead:
        """This head and one more label, learnt at once from its embeddings F32[N, D]; the old rows are not needed.

        Raises:
            DataError: the label is known already, or the head was loaded without statistics.
        """
        names = check_new_label(label, self.labels)
        rows = check_embeddings(embeddings, dim=self.expansion.dim)
        truth = np.full(len(rows), len(names) - 1, dtype=np.int64)
        return self._learn(names, rows, check_truth(truth, rows=len(rows), classes=len(names)))

    def with_rows(self, embeddings: ArrayLike, truth: ArrayLike) -> AnalyticHead:
        """The head fitted on these rows as well, at the same penalty.

        Raises:
            DataError: rows that do not fit, or the head was loaded without statistics.
        """
        rows = check_embeddings(embeddings, dim=self.expansion.dim)
        return self._learn(self.labels, rows, check_truth(truth, rows=len(rows), classes=len(self.labels)))

    def without_rows(self, embeddings: ArrayLike, truth: ArrayLike) -> AnalyticHead:
        """The head as if these rows had never been learnt, bit for bit, at the same penalty.

        A label that loses its last row keeps its column, all zeros.

        Raises:
            DataError: more rows of a label than were learnt, or the head was loaded without statistics.
        """
        rows = check_embeddings(embeddings, dim=self.expansion.dim)
        indices = check_truth(truth, rows=len(rows), classes=len(self.labels))
        gone = AnalyticStatistics.measure(self.expansion, rows, indices, classes=len(self.labels))
        return _solve(self.labels, self.expansion, self.penalty, self._running().minus(gone))

    def scores(self, embeddings: ArrayLike) -> Floats:
        """Scores F32[N, C], about 1 for the right label and 0 for the others."""
        rows = check_embeddings(embeddings, dim=self.expansion.dim)
        if len(rows) <= BLOCK:
            return self.expansion.features(rows) @ self.weights
        return np.concatenate([features @ self.weights for _, features in self.expansion.blocks(rows)])

    def tensors(self) -> dict[str, Floats]:
        """Weights, and the projection where there is one: random streams may change between versions of numpy."""
        tensors = {"weights": self.weights}
        if self.expansion.projection is not None:
            tensors["projection"] = self.expansion.projection
        return tensors

    def describe(self) -> dict[str, Any]:
        """Kind, labels, widths and the penalty that was chosen."""
        return {
            "kind": "analytic",
            "labels": list(self.labels),
            "dim": self.expansion.dim,
            "expansion": 0 if self.expansion.projection is None else self.expansion.width,
            "penalty": self.penalty,
        }

    def _learn(self, names: tuple[str, ...], rows: Floats, truth: Indices) -> AnalyticHead:
        fresh = AnalyticStatistics.measure(self.expansion, rows, truth, classes=len(names))
        return _solve(names, self.expansion, self.penalty, self._running().plus(fresh))

    def _running(self) -> AnalyticStatistics:
        if self.statistics is None:
            raise DataError(
                "this head has no statistics to learn with.",
                where="head",
                todo="Fit it again: a saved head keeps only what scoring needs.",
            )
        return self.statistics


def _solve(
    labels: tuple[str, ...], expansion: Expansion, penalty: float, statistics: AnalyticStatistics
) -> AnalyticHead:
    weights, _ = statistics.solve(penalty)
    return AnalyticHead(labels, expansion, weights.astype(np.float32), float(penalty), statistics)


def _choose(scores: Sequence[Floats], truth: Indices) -> int:
    """Which scores are right most often; among equals, those with the lowest log loss after calibration."""
    right = [int((one.argmax(axis=1) == truth).sum()) for one in scores]
    equal = [at for at, count in enumerate(right) if count == max(right)]
    if len(equal) == 1:
        return equal[0]
    return min(equal, key=lambda at: log_loss(scores[at], truth, temperature=fit_temperature(scores[at], truth)))
