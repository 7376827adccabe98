"""Items as vectors read off behaviour: what the same people touched lies close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]


def factorise_behaviour(histories: Sequence[Sequence[int]], items: int, *, width: int, seed: int) -> Floats:
    """Vectors F32[items, width] whose dot products come close to the cosines between the items' sets of users.

    The best of that width: V S of the truncated singular value decomposition U S V' of the matrix users x items with
    columns of length 1 (Eckart and Young 1936). An item that nobody touched is at zero; where there are fewer users or
    items than `width`, the last columns are zero.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import svds

    users = np.repeat(np.arange(len(histories)), [len(set(history)) for history in histories])
    touched = np.array([item for history in histories for item in dict.fromkeys(history)], dtype=np.int64)
    lengths = np.sqrt(np.maximum(np.bincount(touched, minlength=items), 1))
    matrix = csr_matrix((1.0 / lengths[touched], (users, touched)), shape=(len(histories), items))
    known = min(width, min(matrix.shape) - 1)
    found = np.zeros((items, width), dtype=np.float32)
    if known > 0:
        start = np.random.default_rng(seed).standard_normal(min(matrix.shape))
        _, values, right = svds(matrix, k=known, v0=start)
        order = np.argsort(-values, kind="stable")
        vectors = right[order].T * values[order]
        # The sign of a singular vector is free; fixed here, so that the same data gives the same vectors.
        signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(known)])
        found[:, :known] = vectors * np.where(signs == 0, 1.0, signs)
    return found
