"""Ways to rank a catalogue for a user, as baselines and as judge of a text embedding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from trivet.answers.similarity import Shares

# From the items of a history (indexes, oldest first) to a score for every item [N].
Ranker = Callable[[Sequence[int]], np.ndarray]


def rank_by_popularity(histories: Sequence[Sequence[int]], items: int) -> Ranker:
    """The same order for everyone: how many users touched an item."""
    counts = np.zeros(items)
    for history in histories:
        counts[list(set(history))] += 1.0
    return lambda history: counts


def rank_by_neighbours(histories: Sequence[Sequence[int]], items: int, *, neighbours: int = 100) -> Ranker:
    """Item-kNN: cosine between the user sets of two items, summed over the history (Sarwar et al. 2001)."""
    rows = np.concatenate([np.full(len(set(history)), user) for user, history in enumerate(histories)])
    columns = np.concatenate([np.fromiter(set(history), dtype=np.int64) for history in histories])
    touched = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(histories), items))
    norms = np.sqrt(np.maximum(np.asarray(touched.sum(axis=0)).ravel(), 1.0))
    together = (touched.T @ touched).toarray() / norms[:, None] / norms[None, :]
    np.fill_diagonal(together, 0.0)
    if neighbours < items:
        kth = np.partition(together, -neighbours, axis=1)[:, [-neighbours]]
        together = np.where(together >= kth, together, 0.0)
    return lambda history: together[list(history)].sum(axis=0)


def rank_by_text(embeddings: np.ndarray, *, half_life: float = 3.0) -> Ranker:
    """Cosine to a profile: the mean of the embeddings [N, D] of the history, the latest weighing most.

    `half_life` is the number of steps back after which an item weighs half.
    """

    def rank(history: Sequence[int]) -> np.ndarray:
        ages = np.arange(len(history))[::-1]
        weights = 0.5 ** (ages / half_life)
        profile = weights @ embeddings[list(history)]
        return embeddings @ (profile / max(float(np.linalg.norm(profile)), 1e-12))

    return rank


@dataclass(frozen=True)
class Blend:
    """As a shop ranks: neighbours at most 1, the cosine of the text, popularity on a logarithmic scale from 0 to 1."""

    neighbours: Ranker
    text: Ranker
    popularity: Ranker

    def parts(self, history: Sequence[int]) -> np.ndarray:
        """The three scores of every item [3, N], in the order of `Shares`."""
        near, counts = self.neighbours(history), self.popularity(history)
        popular = np.log1p(1000.0 * counts / (counts.max() or 1.0)) / np.log1p(1000.0)
        return np.stack([near / (near.max() or 1.0), self.text(history), popular])

    def ranker(self, shares: Shares) -> Ranker:
        """The ranking with these shares."""
        weights = np.array([shares.together, shares.alike, shares.popular])
        return lambda history: weights @ self.parts(history)

    def choose_shares(
        self, candidates: Sequence[Shares], histories: Sequence[Sequence[int]], targets: Sequence[int], *, top: int
    ) -> Shares:
        """The candidate with the best NDCG at `top`; of equal ones the first."""
        gained = np.zeros(len(candidates))
        weights = np.array([[one.together, one.alike, one.popular] for one in candidates])
        for history, target in zip(histories, targets, strict=True):
            scores = weights @ self.parts(history)
            open_ = np.ones(scores.shape[1], dtype=bool)
            open_[list(history)] = False
            open_[target] = False
            places = 1 + (scores[:, open_] >= scores[:, [target]]).sum(axis=1)
            gained += np.where(places <= top, 1.0 / np.log2(places + 1.0), 0.0)
        return candidates[int(gained.argmax())]


def place_targets(
    ranker: Ranker, histories: Sequence[Sequence[int]], targets: Sequence[int], *, mask_history: bool = True
) -> np.ndarray:
    """Rank (from 1) of each target among all items [users]; ties go against the target, seen items are left out.

    A target that stands in its own history keeps its place.
    """
    places = np.zeros(len(targets), dtype=np.int64)
    for row, (history, target) in enumerate(zip(histories, targets, strict=True)):
        scores = np.asarray(ranker(history), dtype=np.float64)
        mine = scores[target]
        open_ = np.ones(len(scores), dtype=bool)
        if mask_history:
            open_[list(history)] = False
        open_[target] = False
        places[row] = 1 + int((scores[open_] >= mine).sum())
    return places
