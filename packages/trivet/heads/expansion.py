"""Random ReLU features that a ridge regression can separate well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trivet.heads.head import Floats

# Embeddings, projection and features lie on grids. With unit embeddings every partial sum of `embeddings @ projection`
# is then an integer below 2**24 times 2**-18, which float32 holds exactly, and every sum of products of two features is
# one below 2**53 times 2**-24, which float64 holds exactly up to some ten million rows. So features do not depend on
# the batch, statistics not on the order of the rows, and what was added can be subtracted without a trace. The rounding
# of a unit embedding costs 0.1 % of its length, less than int8 does.
EMBEDDING_STEP = 2.0**-12
PROJECTION_STEP = 2.0**-6
FEATURE_STEP = 2.0**-12

BLOCK = 2048


@dataclass(frozen=True, eq=False)
class Expansion:
    """H = relu(E W) with a fixed random W F32[D, K] (RanPAC, McDonnell 2023, arXiv 2307.02251); without W, H = E."""

    dim: int
    projection: Floats | None

    @classmethod
    def draw(cls, dim: int, width: int, *, seed: int) -> Expansion:
        """W ~ N(0, 1) of `width` columns, on its grid; width 0: no projection."""
        if width == 0:
            return cls(dim, None)
        normal = np.random.default_rng(seed).standard_normal((dim, width))
        return cls(dim, _round(normal.astype(np.float32), step=PROJECTION_STEP))

    @property
    def width(self) -> int:
        """Number of features."""
        return self.dim if self.projection is None else self.projection.shape[1]

    def features(self, embeddings: Floats) -> Floats:
        """H F32[N, K] of embeddings F32[N, D]; the same row gives the same bits in every batch."""
        rounded = _round(embeddings, step=EMBEDDING_STEP)
        if self.projection is None:
            return rounded
        features = rounded @ self.projection
        np.maximum(features, 0.0, out=features)
        return _round(features, step=FEATURE_STEP)

    def blocks(self, embeddings: Floats) -> Iterator[tuple[slice, Floats]]:
        """The features in blocks of rows, so that all of them never lie in memory at once."""
        for start in range(0, len(embeddings), BLOCK):
            rows = slice(start, start + BLOCK)
            yield rows, self.features(embeddings[rows])


def _round(values: Floats, *, step: float) -> Floats:
    scaled = values * np.float32(1 / step)
    np.rint(scaled, out=scaled)
    scaled *= np.float32(step)
    return scaled
