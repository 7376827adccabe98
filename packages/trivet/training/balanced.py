"""Batches with as many rows of each of their classes, planned without a list of pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivet.training.batches import Indices


@dataclass(frozen=True, eq=False)
class Balanced:
    """Which class each row is of, I64[N], and the shape of a batch: `classes` of them with `rows` rows each.

    Rows of one class in a batch are each other's positives, all others their negatives: n rows stand for the n (n - 1)
    pairs that nobody writes down.
    """

    truth: Indices
    classes: int
    rows: int

    def plan(self, *, seed: int, epoch: int) -> tuple[Indices, ...]:
        """Batches of an epoch, about as many rows as there are; the same for the same (seed, epoch).

        Every class comes up equally often (to within one visit), whatever its number of rows: its rows are dealt out in
        turn, anew from the first where they are through, so a class with fewer rows than a visit takes gives some twice
        (each time with another dropout). Time and memory grow with the number of rows.
        """
        random = np.random.default_rng((seed, epoch))
        shuffled = random.permutation(len(self.truth))
        by_class = shuffled[np.argsort(self.truth[shuffled], kind="stable")]
        sizes = np.bincount(self.truth)
        firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        known = np.flatnonzero(sizes)
        width = min(self.classes, len(known))
        count = -(-len(self.truth) // (width * self.rows))
        rounds = -(-count * width // len(known))
        # A class is visited once a round, so the number of the round is the number of its visit.
        visited = np.concatenate([random.permutation(known) for _ in range(rounds)])[: count * width]
        visits = np.arange(count * width) // len(known)
        places = (visits[:, None] * self.rows + np.arange(self.rows)) % sizes[visited][:, None]
        dealt = by_class[firsts[visited][:, None] + places]
        return tuple(dealt.reshape(count, width * self.rows))
