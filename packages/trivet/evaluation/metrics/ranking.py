"""How good rankings are, a user at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.similarity import hit_rate, ndcg
from trivet.errors import InputError

__all__ = ["hit_rate", "hit_rate_at_places", "ndcg", "ndcg_at_places"]


def ndcg_at_places(places: ArrayLike, k: int) -> NDArray[np.float64]:
    """NDCG@k a user F64[N] where one item is right and stands at this place (from 1) of the full ranking.

    Raises:
        InputError: a place below 1.
    """
    ranks = _check_places(places)
    return np.where(ranks <= k, 1 / np.log2(ranks + 1), 0.0)


def hit_rate_at_places(places: ArrayLike, k: int) -> NDArray[np.float64]:
    """HR@k a user F64[N]: 1 where the right item stands at place k or before."""
    return (_check_places(places) <= k).astype(np.float64)


def _check_places(places: ArrayLike) -> NDArray[np.int64]:
    ranks = np.asarray(places, dtype=np.int64)
    if ranks.ndim != 1 or (ranks < 1).any():
        raise InputError("places count from 1, one a user.", where="places")
    return ranks
