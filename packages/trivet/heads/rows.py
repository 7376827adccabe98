"""Checks of what a head is fitted on and asked about, once for all heads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import DataError, InputError
from trivet.heads.head import Floats, Indices


def check_embeddings(embeddings: ArrayLike, *, dim: int | None = None) -> Floats:
    """The embeddings as F32[N, D].

    Raises:
        InputError: another shape, another width than `dim`, or a value that is not finite; names the row.
    """
    rows = np.asarray(embeddings, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise InputError(f"embeddings have shape {list(rows.shape)}, not [rows, width].", where="embeddings")
    if dim is not None and rows.shape[1] != dim:
        raise InputError(
            f"embeddings are {rows.shape[1]} wide, the head wants {dim}.",
            where="embeddings",
            todo="Use the encoder that the head was fitted on.",
        )
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise InputError("the embedding holds a value that is not finite.", where=f"row {int(np.argmin(finite))}")
    return rows


def check_truth(truth: ArrayLike, *, rows: int, classes: int) -> Indices:
    """The index of each row's label as I64[N].

    Raises:
        DataError: as many rows as embeddings are wanted, each from 0 to `classes` - 1.
    """
    indices = np.asarray(truth)
    if indices.ndim != 1 or len(indices) != rows:
        raise DataError(f"{rows} embeddings but truth of shape {list(indices.shape)}.", where="truth")
    if rows == 0:
        raise DataError("there are no rows to learn from.", where="truth")
    if not np.issubdtype(indices.dtype, np.integer):
        raise DataError(f"truth holds {indices.dtype}, not the index of a label.", where="truth")
    outside = (indices < 0) | (indices >= classes)
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(f"label {indices[row]} of {classes} does not exist.", where=f"row {row}")
    return indices.astype(np.int64)


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """The names of the labels, in their order.

    Raises:
        DataError: there is none, or a name is empty or stands twice.
    """
    names = tuple(labels)
    if not names or not all(names):
        raise DataError("every label needs a name.", where="labels")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"label {twice!r} stands twice.", where="labels")
    return names


def check_new_label(label: str, labels: Sequence[str]) -> tuple[str, ...]:
    """The labels with one more at the end.

    Raises:
        DataError: the label has no name or is known already.
    """
    if label in labels:
        raise DataError(f"label {label!r} is known already.", where="labels", todo="Add rows to it instead.")
    return check_labels((*labels, label))
