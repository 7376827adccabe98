"""F1 where a text may have any number of labels, from zeros and ones a row and label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError
from trivet.evaluation.metrics.classification import ClassScore

Doubles = NDArray[np.float64]


def count_hits(truth: ArrayLike, given: ArrayLike) -> Doubles:
    """Labels a row F64[N, 3]: rightly given, wrongly given, missed; of truth and given bool[N, C].

    Raises:
        InputError: no rows, or shapes that do not go together.
    """
    true, found = check_hot(truth, given)
    return (
        np.stack([(true & found).sum(axis=1), (~true & found).sum(axis=1), (true & ~found).sum(axis=1)], axis=1) * 1.0
    )


def micro_f1(hits: NDArray[Any]) -> Doubles:
    """F1 over all labels together of sums [..., 3] as `count_hits` has them; 1 where no label is true or given."""
    right, wrong, missed = hits[..., 0], hits[..., 1], hits[..., 2]
    total = 2 * right + wrong + missed
    return np.asarray(np.where(total > 0, 2 * right / np.maximum(total, 1), 1.0), dtype=np.float64)


def count_by_label(truth: ArrayLike, given: ArrayLike) -> Doubles:
    """A row's share in the counts of every label F64[N, 3 C]: rightly given, true, given, C columns each."""
    true, found = check_hot(truth, given)
    return np.concatenate([true & found, true, found], axis=1).astype(np.float64)


def macro_f1(sums: NDArray[Any]) -> Doubles:
    """Mean F1 over the labels that are true or given somewhere, of sums [..., 3 C] as `count_by_label` has them."""
    right, true, given = np.split(sums, 3, axis=-1)
    present = true + given > 0
    f1 = 2 * right / np.where(present, true + given, 1)
    return np.asarray(f1.sum(axis=-1) / np.maximum(present.sum(axis=-1), 1), dtype=np.float64)


def score_labels(truth: ArrayLike, given: ArrayLike, labels: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each label; 0 where there is nothing to divide by."""
    right, true, found = np.split(count_by_label(truth, given).sum(axis=0), 3)
    return tuple(
        ClassScore(
            label,
            float(right[at] / max(found[at], 1)),
            float(right[at] / max(true[at], 1)),
            float(2 * right[at] / max(true[at] + found[at], 1)),
            int(true[at]),
        )
        for at, label in enumerate(labels)
    )


def check_hot(truth: ArrayLike, given: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Both as bool[N, C].

    Raises:
        InputError: no rows, or shapes that do not go together.
    """
    true, found = np.asarray(truth).astype(bool), np.asarray(given).astype(bool)
    if true.ndim != 2 or true.shape != found.shape or not len(true):
        raise InputError(f"truth {list(true.shape)} but answers {list(found.shape)}.", where="truth")
    return true, found
