"""Whole spans: right where both ends and the type are, as conlleval (Tjong Kim Sang 2000) and seqeval count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.evaluation.metrics.classification import ClassScore
from trivet.evaluation.metrics.label_sets import micro_f1

# First character, the one after the last, type.
SpanKey = tuple[int, int, str]
Rows = Sequence[Sequence[SpanKey]]
Doubles = NDArray[np.float64]


def count_spans(truth: Rows, given: Rows) -> Doubles:
    """Spans a text F64[N,3]: rightly given, wrongly given, missed; one that is given twice counts once.

    Raises:
        InputError: no texts, or another number on one side.
    """
    if len(truth) != len(given) or not len(truth):
        raise InputError(f"spans of {len(given)} texts for {len(truth)}.", where="spans")
    pairs = [(set(map(tuple, true)), set(map(tuple, found))) for true, found in zip(truth, given, strict=True)]
    counts = [(len(true & found), len(found - true), len(true - found)) for true, found in pairs]
    return np.array(counts, dtype=np.float64)


def count_types(truth: Rows, given: Rows, types: Sequence[str]) -> Doubles:
    """A text's share in the counts of every type F64[N,3K]: rightly given, true, given, K columns each.

    Raises:
        InputError: as `count_spans`.
    """
    parts = [count_spans(_only(truth, name), _only(given, name)) for name in types]
    right, wrong, missed = (np.stack([part[:, at] for part in parts], axis=1) for at in range(3))
    return np.concatenate([right, right + missed, right + wrong], axis=1)


def span_f1(truth: Rows, given: Rows) -> float:
    """F1 over all spans together (micro); 1 where none is true or given."""
    return float(micro_f1(count_spans(truth, given).sum(axis=0)))


def score_types(counts: Doubles, types: Sequence[str]) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each type from `count_types`; 0 where there is nothing to divide by."""
    right, true, given = np.split(counts.sum(axis=0), 3)
    return tuple(
        ClassScore(
            name,
            float(right[at] / max(given[at], 1)),
            float(right[at] / max(true[at], 1)),
            float(2 * right[at] / max(true[at] + given[at], 1)),
            int(true[at]),
        )
        for at, name in enumerate(types)
    )


def _only(rows: Rows, name: str) -> list[list[SpanKey]]:
    return [[span for span in row if span[2] == name] for row in rows]
