"""The running sums that a ridge regression is solved from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trivet.errors import DataError
from trivet.heads.expansion import Expansion
from trivet.heads.head import Floats, Indices

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AnalyticStatistics:
    """G = H'H F64[K, K], B = H'Y F64[K, C] and the rows a label, of features H on their grid and one-hot targets Y.

    The sums are exact (see `expansion`): they depend neither on the order of the rows nor on how they were batched, and
    rows that are subtracted leave the very bits of never having been there. No text and no embedding is kept.
    """

    gram: Doubles
    cross: Doubles
    counts: Indices

    @classmethod
    def measure(cls, expansion: Expansion, embeddings: Floats, truth: Indices, *, classes: int) -> AnalyticStatistics:
        """The sums over rows E F32[N, D] with labels I64[N]."""
        width = expansion.width
        gram = np.zeros((width, width))
        cross = np.zeros((width, classes))
        for rows, features in expansion.blocks(embeddings):
            wide = features.astype(np.float64)
            # The same array on both sides: numpy then computes one triangle only.
            gram += wide.T @ wide
            for label in np.unique(truth[rows]):
                cross[:, label] += wide[truth[rows] == label].sum(axis=0)
        return cls(gram, cross, np.bincount(truth, minlength=classes).astype(np.int64))

    def plus(self, other: AnalyticStatistics) -> AnalyticStatistics:
        """The sums over both; labels that only `other` has come after ours."""
        grown = np.zeros_like(other.cross)
        grown[:, : self.cross.shape[1]] = self.cross
        counts = np.zeros_like(other.counts)
        counts[: len(self.counts)] = self.counts
        return AnalyticStatistics(self.gram + other.gram, grown + other.cross, counts + other.counts)

    def minus(self, other: AnalyticStatistics) -> AnalyticStatistics:
        """The sums without the rows of `other`.

        Raises:
            DataError: `other` has more rows of a label than there are here.
        """
        counts = self.counts - other.counts
        if (counts < 0).any():
            label = int(np.argmin(counts))
            raise DataError(
                f"{other.counts[label]} rows of label {label} to take away, but only {self.counts[label]} were learnt.",
                where="rows",
                todo="Take away only rows that this head has learnt.",
            )
        return AnalyticStatistics(self.gram - other.gram, self.cross - other.cross, counts)

    def solve(self, penalty: float) -> tuple[Doubles, Doubles]:
        """Weights (G + penalty I)^-1 B F64[K, C] and the lower Cholesky factor F64[K, K] they were solved with."""
        from scipy import linalg  # heavy; scoring does without it

        shifted = self.gram.copy(order="F")
        shifted[np.diag_indices_from(shifted)] += penalty
        factor = linalg.cholesky(shifted, lower=True, overwrite_a=True, check_finite=False)
        return linalg.cho_solve((factor, True), self.cross, check_finite=False), factor
