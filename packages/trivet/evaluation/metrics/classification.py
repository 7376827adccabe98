"""Accuracy, F1 and confusion, from indices of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError
from trivet.evaluation.intervals import ROUNDS, Interval, percentiles

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class ClassScore:
    """How well one label is found; `support` counts the rows that have it."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Confusion:
    """How many rows of `truth` were answered `predicted`."""

    truth: str
    predicted: str
    rows: int


def count_confusion(truth: ArrayLike, predicted: ArrayLike, *, classes: int) -> Counts:
    """Counts I64[C, C] of rows by true and predicted label.

    Raises:
        InputError: no rows, different lengths, or an index that is not from 0 to C - 1.
    """
    rows, columns = np.asarray(truth, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    if rows.ndim != 1 or rows.shape != columns.shape or not len(rows):
        raise InputError(f"{list(rows.shape)} true labels but {list(columns.shape)} predicted ones.", where="truth")
    if min(rows.min(), columns.min()) < 0 or max(rows.max(), columns.max()) >= classes:
        raise InputError(f"an index is not one of {classes} labels.", where="truth")
    return np.bincount(rows * classes + columns, minlength=classes * classes).reshape(classes, classes)


def accuracy(counts: Counts) -> float:
    """Share of right answers."""
    return float(np.trace(counts) / counts.sum())


def macro_f1(counts: Counts) -> float:
    """Mean F1 over the labels that are true or predicted somewhere, as scikit-learn counts them."""
    return float(_mean_f1(np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)))


def macro_f1_interval(counts: Counts, *, seed: int, rounds: int = ROUNDS, confidence: float = 0.95) -> Interval:
    """Bootstrap interval of macro-F1.

    A resampled set differs from another only in its counts of (true, predicted), and these are multinomial; so counts
    are drawn and no rows.
    """
    truth, predicted = np.nonzero(counts)
    total = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(total, counts[truth, predicted] / total, size=rounds)
    labels = np.arange(len(counts))
    of_truth = (truth[:, None] == labels).astype(np.float64)
    of_predicted = (predicted[:, None] == labels).astype(np.float64)
    drawn = drawn.astype(np.float64)
    right = drawn @ (of_truth * of_predicted)
    return percentiles(_mean_f1(right, drawn @ of_truth, drawn @ of_predicted), confidence=confidence)


def score_classes(counts: Counts, labels: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each label; 0 where there is nothing to divide by."""
    right, true, given = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = right / np.maximum(given, 1), right / np.maximum(true, 1)
    f1 = 2 * right / np.maximum(true + given, 1)
    return tuple(
        ClassScore(label, float(precision[at]), float(recall[at]), float(f1[at]), int(true[at]))
        for at, label in enumerate(labels)
    )


def worst_confusions(counts: Counts, labels: tuple[str, ...], *, top: int = 15) -> tuple[Confusion, ...]:
    """The pairs that are mixed up most, the most frequent first."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:top]
    pairs = [divmod(int(at), len(labels)) for at in order]
    return tuple(
        Confusion(labels[truth], labels[predicted], int(wrong[truth, predicted]))
        for truth, predicted in pairs
        if wrong[truth, predicted]
    )


def _mean_f1(right: NDArray[Any], true: NDArray[Any], given: NDArray[Any]) -> NDArray[np.float64]:
    """Over the last axis."""
    present = true + given > 0
    return (2 * right / np.where(present, true + given, 1)).sum(axis=-1) / present.sum(axis=-1)
