"""How foreign a text is to everything that was learnt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

Floats = NDArray[np.float32]

# Of two opposite directions: nothing is more foreign, so such a threshold refuses nothing.
MOST = 2.0


def novelty(embeddings: ArrayLike, prototypes: ArrayLike) -> Floats:
    """1 - the highest cosine of embeddings [N, D] to prototypes [C, D]: F32[N] from 0 (known) to 2.

    Raises:
        InputError: shapes that do not go together, or a value that is not finite.
    """
    rows, means = _unit(embeddings), _unit(prototypes)
    if rows.shape[1] != means.shape[1] or not len(means):
        raise InputError(f"embeddings {list(rows.shape)} but prototypes {list(means.shape)}.", where="embeddings")
    return (1.0 - (rows @ means.T).max(axis=1)).astype(np.float32)


def leave_one_out_novelty(embeddings: ArrayLike, truth: ArrayLike) -> Floats:
    """Novelty F32[N] of each row to the prototypes of embeddings [N, D] by label I64[N], computed without that row.

    A row that is alone with its label is compared with the other labels only.
    """
    rows = _unit(embeddings)
    labels = np.asarray(truth, dtype=np.int64)
    if labels.shape != (len(rows),) or not len(rows):
        raise InputError(f"{len(rows)} embeddings but truth of shape {list(labels.shape)}.", where="truth")
    sums = np.zeros((int(labels.max()) + 1, rows.shape[1]))
    np.add.at(sums, labels, rows)
    cosines = rows @ _unit(sums).T
    own = _unit(sums[labels] - rows)
    cosines[np.arange(len(rows)), labels] = (rows * own).sum(axis=1)
    return (1.0 - cosines.max(axis=1)).astype(np.float32)


def refuse_threshold(novelties: ArrayLike, share: float) -> float:
    """The novelty above which at most `share` of texts like these lie (split conformal, Vovk et al. 2005).

    With too few rows for the share nothing is refused.

    Raises:
        InputError: no novelties, or one that is not finite.
    """
    levels = np.sort(np.asarray(novelties, dtype=np.float64))
    if levels.ndim != 1 or not len(levels) or not np.isfinite(levels).all():
        raise InputError("novelties must be finite numbers, at least one.", where="novelties")
    rank = math.ceil((len(levels) + 1) * (1 - share))
    return float(levels[rank - 1]) if rank <= len(levels) else MOST


def _unit(rows: ArrayLike) -> NDArray[np.float64]:
    wide = np.asarray(rows, dtype=np.float64)
    if wide.ndim != 2 or not np.isfinite(wide).all():
        raise InputError("embeddings must be finite numbers of shape [rows, width].", where="embeddings")
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return wide / np.where(lengths == 0, 1.0, lengths)
