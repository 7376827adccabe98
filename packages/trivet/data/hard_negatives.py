"""Hard negatives: texts close to an anchor that do not belong to it, found a block at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trivet.errors import DataError

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

# Rows by texts that are compared at a time: 4 MB of cosines, whatever the size of the set.
ROWS, TEXTS = 256, 4096


@dataclass(frozen=True)
class Margin:
    """How much farther than its positive a negative has to lie from the anchor, in cosines and as a share of |cosine|.

    Both hold at once, as in sentence-transformers' `mine_hard_negatives`.
    """

    absolute: float = 0.0
    relative: float = 0.0

    def limit(self, positives: Floats) -> Floats:
        """The highest cosine F32[N] that a negative may have, beside positives with these cosines F32[N]."""
        share = positives - np.abs(positives) * np.float32(self.relative)
        return np.minimum(positives - np.float32(self.absolute), share).astype(np.float32)


def mine_hard_negatives(
    anchors: Indices, positives: Indices, embeddings: Floats, *, count: int, margin: Margin, seed: int
) -> Indices:
    """The `count` positives of other pairs nearest to each anchor I64[N, count], nearest first.

    `anchors` and `positives` I64[N] are rows of `embeddings` F32[T, D], unit vectors of different texts. No negative is
    the anchor itself, one of its positives, or nearer than the margin allows; where too few remain, others that do not
    belong to the anchor are drawn with `seed`. Holds ROWS * TEXTS cosines at a time beside its result, never all pairs.

    Raises:
        DataError: an anchor belongs to so many texts that fewer than `count` are left.
    """
    candidates = np.unique(positives)
    known = _known(anchors, positives)
    limits = margin.limit(np.einsum("nd,nd->n", embeddings[anchors], embeddings[positives]))
    found = np.empty((len(anchors), count), dtype=np.int64)
    random = np.random.default_rng(seed)
    for start in range(0, len(anchors), ROWS):
        rows = slice(start, start + ROWS)
        found[rows] = _nearest(anchors[rows], limits[rows], candidates, embeddings, known, count)
    for row in np.flatnonzero((found < 0).any(axis=1)):
        found[row] = _fill(found[row], candidates, known[int(anchors[row])], random)
    return found


def _known(anchors: Indices, positives: Indices) -> dict[int, Indices]:
    """What belongs to each anchor, itself first."""
    order = np.argsort(anchors, kind="stable")
    names, starts = np.unique(anchors[order], return_index=True)
    groups = np.split(positives[order], starts[1:])
    return {int(name): np.unique(np.append(group, name)) for name, group in zip(names, groups, strict=True)}


def _nearest(
    anchors: Indices,
    limits: Floats,
    candidates: Indices,
    embeddings: Floats,
    known: dict[int, Indices],
    count: int,
) -> Indices:
    """The best of every block of candidates, merged into the best so far; -1 where nothing was allowed."""
    best = np.full((len(anchors), count), -1, dtype=np.int64)
    cosines = np.full((len(anchors), count), -np.inf, dtype=np.float32)
    queries = embeddings[anchors]
    for start in range(0, len(candidates), TEXTS):
        block = candidates[start : start + TEXTS]
        scores = queries @ embeddings[block].T
        scores[scores > limits[:, None]] = -np.inf
        for row, anchor in enumerate(anchors.tolist()):
            scores[row, _places(known[anchor], block)] = -np.inf
        kept = min(count, len(block))
        top = np.argpartition(-scores, kept - 1, axis=1)[:, :kept]
        both = np.hstack([cosines, np.take_along_axis(scores, top, axis=1)])
        names = np.hstack([best, block[top]])
        order = np.argsort(-both, axis=1, kind="stable")[:, :count]
        cosines, best = np.take_along_axis(both, order, axis=1), np.take_along_axis(names, order, axis=1)
    best[cosines == -np.inf] = -1
    return best


def _places(wanted: Indices, block: Indices) -> Indices:
    """Where those of `wanted` that are in a sorted block stand."""
    at = np.searchsorted(block, wanted)
    inside = at < len(block)
    return at[inside][block[at[inside]] == wanted[inside]]


def _fill(found: Indices, candidates: Indices, known: Indices, random: np.random.Generator) -> Indices:
    kept = found[found >= 0]
    free = np.setdiff1d(candidates, np.concatenate([known, kept]))
    lacking = len(found) - len(kept)
    if len(free) < lacking:
        raise DataError(
            f"an anchor belongs to all but {len(kept) + len(free)} texts, so {len(found)} negatives cannot be found.",
            where="task.hard_negatives",
            todo="Ask for fewer, or give more pairs.",
        )
    return np.concatenate([kept, random.choice(free, size=lacking, replace=False)])


def code_texts(columns: Sequence[Sequence[str]]) -> tuple[list[str], list[Indices]]:
    """All different texts of some columns in the order they come, and each column as rows of that list I64[N]."""
    texts = list(dict.fromkeys(text for column in columns for text in column))
    place = {text: row for row, text in enumerate(texts)}
    return texts, [np.array([place[text] for text in column], dtype=np.int64) for column in columns]
