"""Which rows go into which batch: alike in length, shuffled, and known from (seed, epoch) alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

# Rows are sorted by length within so many batches: less padding, and still another mixture each epoch.
BATCHES_A_CHUNK = 20


def plan_batches(lengths: Indices, *, batch_size: int, seed: int, epoch: int) -> tuple[Indices, ...]:
    """Every row once, in batches of rows of like length; the same batches for the same (seed, epoch).

    Because nothing else decides the order, a run that stopped at batch k of an epoch goes on at batch k exactly.
    """
    random = np.random.default_rng((seed, epoch))
    order = random.permutation(len(lengths))
    batches: list[Indices] = []
    for at in range(0, len(order), batch_size * BATCHES_A_CHUNK):
        chunk = order[at : at + batch_size * BATCHES_A_CHUNK]
        chunk = chunk[np.argsort(lengths[chunk], kind="stable")]
        batches.extend(chunk[first : first + batch_size] for first in range(0, len(chunk), batch_size))
    return tuple(batches[at] for at in random.permutation(len(batches)))


def share_batches(batches: Sequence[Indices], *, process: int, processes: int) -> tuple[Indices, ...]:
    """The batches of one of several processes; all get the same number, so the first few may serve twice."""
    missing = -len(batches) % processes
    return tuple([*batches, *batches[:missing]][process::processes])


def group_batches(batches: Sequence[Indices], size: int) -> tuple[tuple[Indices, ...], ...]:
    """Groups of `size` batches that make one step of the optimiser; the last group may be smaller."""
    return tuple(tuple(batches[at : at + size]) for at in range(0, len(batches), size))
