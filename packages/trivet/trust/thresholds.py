"""From which probability on a label is given, where a text may have several."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

# A label with fewer rows than this shares the threshold of all labels: its own would be luck.
FEWEST = 10


def choose_thresholds(probabilities: ArrayLike, truth: ArrayLike) -> NDArray[np.float64]:
    """The threshold F64[C] of every label with the best F1 on rows held out: probabilities [N, C], truth bool[N, C].

    A label that fewer than ten of the rows have gets the threshold that is best for all labels together (micro F1).

    Raises:
        InputError: no rows, or shapes that do not go together.
    """
    chances, right = np.asarray(probabilities, dtype=np.float64), np.asarray(truth).astype(bool)
    if chances.ndim != 2 or chances.shape != right.shape or not chances.size:
        raise InputError(f"probabilities {list(chances.shape)} but truth {list(right.shape)}.", where="truth")
    thresholds = np.full(chances.shape[1], best_threshold(chances.ravel(), right.ravel()))
    for label in np.flatnonzero(right.sum(axis=0) >= FEWEST):
        thresholds[label] = best_threshold(chances[:, label], right[:, label])
    return thresholds


def best_threshold(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """The threshold with the best F1 for probabilities [N] and truth bool[N]; of equal ones the highest.

    It lies half way between two neighbouring probabilities, so that a little noise changes no answer. 0.5 where no row
    has the label.
    """
    if not truth.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    levels, hits = probabilities[order], np.cumsum(truth[order])
    # Equal probabilities are given together: only their last row is an end.
    ends = np.flatnonzero(np.append(levels[1:] != levels[:-1], True))
    f1 = 2 * hits[ends] / (ends + 1 + int(truth.sum()))
    at = int(ends[int(np.argmax(f1))])
    below = float(levels[at + 1]) if at + 1 < len(levels) else 0.0
    return (float(levels[at]) + below) / 2
