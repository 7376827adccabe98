"""The main score on parts of the rows: where a model is weak is not seen in one figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.evaluation.measure import outcomes, score_share
from trivet.evaluation.predictions import in_scope
from trivet.evaluation.report import Slice

# Upper ends of the buckets of length, in tokens.
LENGTHS = (8, 16, 32, 64)

# More values than this are names of rows rather than kinds of them.
MOST_VALUES = 30


def slice_answers(
    table: pd.DataFrame, *, train_labels: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> tuple[Slice, ...]:
    """Accuracy by length, by how often the true label was seen in training, and by each column.

    Raises:
        InputError: a column that has not one value a row, or too many different ones.
    """
    right = outcomes(table)
    return tuple(
        Slice(by, name, int(chosen.sum()), score_share(right[chosen]))
        for by, name, chosen in slice_members(table, train_labels=train_labels, columns=columns)
    )


def slice_members(
    table: pd.DataFrame, *, train_labels: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """What each slice is chosen by, its name, and which rows in scope are in it, bool[N]; only slices that have rows.

    Raises:
        InputError: as `slice_answers`.
    """
    known = in_scope(table)
    found = {"length": by_length(known["tokens"].to_numpy())}
    if train_labels:
        found["label frequency"] = _by_frequency(known["truth"].tolist(), train_labels)
    for name, values in columns.items():
        if len(values) != len(known):
            raise InputError(f"{len(values)} values for {len(known)} rows.", where=f"column {name}")
        kinds = sorted({str(value) for value in values})
        if len(kinds) > MOST_VALUES:
            raise InputError(f"{len(kinds)} different values are too many to slice by.", where=f"column {name}")
        plain = np.array([str(value) for value in values], dtype=object)
        found[name] = {kind: plain == kind for kind in kinds}
    return [(by, name, chosen) for by, members in found.items() for name, chosen in members.items() if chosen.any()]


def by_length(tokens: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Which rows fall into each bucket of length, bool[N] by the bucket's name."""
    edges = (0, *LENGTHS)
    buckets = {f"{low + 1}-{high} tokens": (tokens > low) & (tokens <= high) for low, high in pairwise(edges)}
    return {**buckets, f"over {LENGTHS[-1]} tokens": tokens > LENGTHS[-1]}


def _by_frequency(truth: Sequence[str], train_labels: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Thirds of the labels by rows in training; labels of equal frequency stay together, so there may be fewer."""
    counts = Counter(train_labels)
    seen = np.array([counts[label] for label in truth])
    low, high = np.quantile(np.array(sorted(counts.values())), [1 / 3, 2 / 3], method="lower")
    thirds = [(-1, int(low)), (int(low), int(high)), (int(high), max(counts.values()))]
    return {
        f"labels with {_range(above + 1, up_to)} training rows": (seen > above) & (seen <= up_to)
        for above, up_to in thirds
        if up_to > above
    }


def _range(low: int, high: int) -> str:
    return f"up to {high}" if low == 0 else f"{low}" if low == high else f"{low}-{high}"
