"""How embeddings vary within a label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]

# Share of the covariance that is replaced by a round one. This and what follows was chosen on the validation rows of
# CLINC150, 15 of its 150 intents added to a model of the others.
SHRINKAGE = 0.1
# Where only prototypes are at hand, the spread is taken as round, and in proportion to theirs as there: 0.48 to 0.82.
SHARE = 0.585
# A model of one label says nothing of how labels lie.
ALONE = 0.48


@dataclass(frozen=True, eq=False)
class Spread:
    """How embeddings vary within a label, once for all labels of a model.

    `whitener` F32[D, D] is the inverse of the covariance, `length` that of a mean of rows of unit length. What is not
    `measured` is taken as round.
    """

    whitener: F32
    length: float
    measured: bool

    @classmethod
    def round(cls, prototypes: F32) -> Spread:
        """That of a model with these prototypes F32[C, D] of unit length, whose rows are not at hand."""
        dim = prototypes.shape[1]
        between = 1.0 - float(np.linalg.norm(prototypes.astype(np.float64).mean(axis=0)) ** 2)
        within = min(max(SHARE * between, 1e-4), 0.9) if len(prototypes) > 1 else ALONE
        return cls((np.eye(dim) * (dim / within)).astype(np.float32), float(np.sqrt(1.0 - within)), measured=False)

    @classmethod
    def measure(cls, embeddings: F32, truth: npt.NDArray[np.int64]) -> Spread:
        """That of rows [N, D] of unit length by label I64[N]."""
        rows = np.asarray(embeddings, dtype=np.float64)
        classes = int(truth.max()) + 1
        counts = np.maximum(np.bincount(truth, minlength=classes), 1)
        means = np.zeros((classes, rows.shape[1]))
        np.add.at(means, truth, rows)
        means /= counts[:, None]
        centred = rows - means[truth]
        covariance = centred.T @ centred / max(1, len(rows) - classes)
        size = np.trace(covariance) / len(covariance)
        if size <= 0:
            return cls.round(means[np.bincount(truth, minlength=classes) > 0].astype(np.float32))
        mixed = (1 - SHRINKAGE) * covariance + SHRINKAGE * size * np.eye(len(covariance))
        return cls(np.linalg.inv(mixed).astype(np.float32), float(np.linalg.norm(means, axis=1).mean()), measured=True)
