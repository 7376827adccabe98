"""How far a text lies from the training texts nearest to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import InputError
from trivet.trust.tensors import Floats


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Unit rows F32[M, D] of training, and how many of them count."""

    rows: Floats
    count: int

    @classmethod
    def fit(cls, embeddings: ArrayLike, truth: ArrayLike, *, count: int, most: int, seed: int) -> Neighbours:
        """From embeddings [N, D]; of more than `most` a seeded draw is kept, of each label I64[N] the same share.

        Raises:
            InputError: no rows, or a value that is not finite.
        """
        rows = _unit(embeddings)
        if not len(rows):
            raise InputError("there are no rows to be near to.", where="embeddings")
        if len(rows) > most:
            labels = np.asarray(truth, dtype=np.int64)
            order = np.random.default_rng(seed).permutation(len(rows))
            dealt = order[np.argsort(labels[order], kind="stable")]
            kept = np.unique(np.linspace(0, len(rows) - 1, most).round().astype(np.int64))
            rows = rows[np.sort(dealt[kept])]
        return cls(rows, min(count, len(rows)))

    def measure(self, embeddings: ArrayLike) -> Floats:
        """1 - the mean cosine to the `count` nearest rows, F32[N] from 0 to 2 (Sun et al. 2022, arXiv 2204.06507)."""
        asked = _unit(embeddings)
        if asked.shape[1] != self.rows.shape[1]:
            raise InputError(f"embeddings {list(asked.shape)}, not [rows, {self.rows.shape[1]}].", where="embeddings")
        found = np.empty(len(asked), dtype=np.float32)
        for at, row in enumerate(asked):
            cosines = self.rows @ row
            found[at] = 1.0 - np.sort(np.partition(cosines, -self.count)[-self.count :]).mean()
        return found


def _unit(rows: ArrayLike) -> Floats:
    plain = np.asarray(rows, dtype=np.float32)
    if plain.ndim != 2 or not np.isfinite(plain).all():
        raise InputError("embeddings must be finite numbers of shape [rows, width].", where="embeddings")
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    return np.asarray(plain / np.where(lengths == 0, 1.0, lengths), dtype=np.float32)
