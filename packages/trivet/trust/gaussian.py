"""How far a text lies from the labels, measured by the spread of the labels themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import ArtifactError, InputError
from trivet.trust.tensors import Floats, read_tensor

# Share of a covariance that is replaced by a round one: a few thousand rows do not show 384 dimensions.
SHRINKAGE = 0.5


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A Gaussian a label with one covariance for all, and one of all rows.

    `centres` F32[C, E] are the means of the labels in coordinates of unit covariance, `whitener` F32[D, E] leads there;
    `middle` F32[D] and `background` F32[D, E] do the same for all rows together.
    """

    centres: Floats
    whitener: Floats
    middle: Floats
    background: Floats

    @classmethod
    def fit(cls, embeddings: ArrayLike, truth: ArrayLike) -> Gaussian:
        """From embeddings [N, D] by label I64[N]; covariances are shrunk towards a round one.

        Raises:
            InputError: shapes that do not go together, or a value that is not finite.
        """
        rows, labels = np.asarray(embeddings, dtype=np.float64), np.asarray(truth, dtype=np.int64)
        if rows.ndim != 2 or labels.shape != (len(rows),) or not len(rows) or not np.isfinite(rows).all():
            raise InputError(f"embeddings {list(rows.shape)} but truth {list(labels.shape)}.", where="embeddings")
        present, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
        means = np.zeros((len(present), rows.shape[1]))
        np.add.at(means, places, rows)
        means /= counts[:, None]
        middle = rows.mean(axis=0)
        whitener, background = _whiten(rows - means[places]), _whiten(rows - middle)
        single = (means @ whitener, whitener, middle, background)
        return cls(*(part.astype(np.float32) for part in single))

    def measure(self, embeddings: ArrayLike) -> Floats:
        """Squared distance to the nearest label less that to all rows together, F32[N].

        Relative Mahalanobis distance (Ren et al. 2021, arXiv 2106.09022; Lee et al. 2018, arXiv 1807.03888).
        """
        rows = np.asarray(embeddings, dtype=np.float32)
        if rows.ndim != 2 or rows.shape[1] != len(self.middle):
            raise InputError(f"embeddings {list(rows.shape)}, not [rows, {len(self.middle)}].", where="embeddings")
        # Row by row, so that a text gets the same number whoever shares its batch.
        found = np.empty(len(rows), dtype=np.float32)
        lengths = (self.centres**2).sum(axis=1)
        for at, row in enumerate(rows):
            there = row @ self.whitener
            nearest = ((there**2).sum() - 2 * (self.centres @ there) + lengths).min()
            found[at] = nearest - (((row - self.middle) @ self.background) ** 2).sum()
        return found

    def tensors(self) -> dict[str, Floats]:
        """Everything that `load` needs."""
        return {
            "centres": self.centres,
            "whitener": self.whitener,
            "middle": self.middle,
            "background": self.background,
        }

    @classmethod
    def load(cls, tensors: dict[str, Floats]) -> Gaussian:
        """The Gaussian that gave these tensors.

        Raises:
            ArtifactError: one is missing, misshapen or not finite.
        """
        middle = read_tensor(tensors, "middle", (None,))
        whitener = read_tensor(tensors, "whitener", (len(middle), None))
        background = read_tensor(tensors, "background", (len(middle), None))
        centres = read_tensor(tensors, "centres", (None, whitener.shape[1]))
        if not len(centres):
            raise ArtifactError("there are no labels.", where="novelty.centres")
        return cls(centres, whitener, middle, background)


def _whiten(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """W F64[D, D] with |x W|^2 = x' S^-1 x for the shrunk covariance S of centred rows [N, D]."""
    covariance = centred.T @ centred / len(centred)
    size = np.trace(covariance) / len(covariance)
    # Rows that are all alike have no spread to measure by: a round covariance is left.
    shrunk = (1 - SHRINKAGE) * covariance + (SHRINKAGE * size or 1.0) * np.eye(len(covariance))
    values, vectors = np.linalg.eigh(shrunk)
    return np.asarray(vectors / np.sqrt(values), dtype=np.float64)
