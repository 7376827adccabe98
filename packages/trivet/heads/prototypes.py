"""The mean of each label: a head that needs no fitting, and the yardstick of what is foreign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.heads.head import Floats
from trivet.heads.rows import check_embeddings, check_labels, check_new_label, check_truth


@dataclass(frozen=True, eq=False)
class Prototypes:
    """Unit means F32[C, D], one a label; scores are cosines. A label without rows has a mean of zeros."""

    labels: tuple[str, ...]
    means: Floats

    @classmethod
    def fit(cls, embeddings: ArrayLike, truth: ArrayLike, labels: Sequence[str]) -> Prototypes:
        """The means of embeddings F32[N, D] by label I64[N].

        Raises:
            InputError: embeddings that are not finite numbers of shape [N, D].
            DataError: truth or labels that do not fit them.
        """
        names = check_labels(labels)
        rows = check_embeddings(embeddings)
        indices = check_truth(truth, rows=len(rows), classes=len(names))
        sums = np.zeros((len(names), rows.shape[1]))
        np.add.at(sums, indices, normalise(rows))
        return cls(names, normalise(sums))

    def with_label(self, label: str, embeddings: ArrayLike) -> Prototypes:
        """These prototypes and one more, the mean of its embeddings F32[N, D].

        Raises:
            DataError: the label is known already.
        """
        names = check_new_label(label, self.labels)
        rows = check_embeddings(embeddings, dim=self.means.shape[1])
        check_truth(np.zeros(len(rows), dtype=np.int64), rows=len(rows), classes=1)
        mean = normalise(normalise(rows).mean(axis=0, keepdims=True, dtype=np.float64))
        return Prototypes(names, np.concatenate([self.means, mean]))

    def scores(self, embeddings: ArrayLike) -> Floats:
        """Cosines F32[N, C]."""
        return normalise(check_embeddings(embeddings, dim=self.means.shape[1])) @ self.means.T

    def tensors(self) -> dict[str, Floats]:
        """The means."""
        return {"means": self.means}

    def describe(self) -> dict[str, Any]:
        """Kind and labels."""
        return {"kind": "prototypes", "labels": list(self.labels)}


def leave_one_out_cosines(embeddings: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """Cosines F64[N, C] of each row to the means of embeddings [N, D] by label I64[N], its own mean without it.

    A row that is alone with its label has cosine 0 to it: it says what it would score were it not there.
    """
    rows = normalise(check_embeddings(embeddings)).astype(np.float64)
    classes = int(np.max(np.asarray(truth), initial=0)) + 1
    indices = check_truth(truth, rows=len(rows), classes=classes)
    sums = np.zeros((classes, rows.shape[1]))
    np.add.at(sums, indices, rows)
    cosines = rows @ normalise(sums).astype(np.float64).T
    cosines[np.arange(len(rows)), indices] = (rows * normalise(sums[indices] - rows)).sum(axis=1)
    return cosines


def normalise(rows: ArrayLike) -> Floats:
    """Each row at length 1, as float32; a row of zeros stays."""
    wide = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return (wide / np.where(lengths == 0, 1.0, lengths)).astype(np.float32)
