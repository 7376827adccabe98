"""Checks of what a head learns where a row has several columns to hit: many labels, or a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import DataError


def check_targets(targets: ArrayLike, *, rows: int, columns: int) -> NDArray[np.float64]:
    """The targets as F64[N, C].

    Raises:
        DataError: no rows, another shape, or a value that is not finite; names the row.
    """
    wanted = np.asarray(targets, dtype=np.float64)
    if wanted.shape != (rows, columns):
        raise DataError(f"{rows} embeddings and {columns} columns but targets {list(wanted.shape)}.", where="truth")
    if rows == 0:
        raise DataError("there are no rows to learn from.", where="truth")
    finite = np.isfinite(wanted).all(axis=1)
    if not finite.all():
        raise DataError("a target is not a finite number.", where=f"row {int(np.argmin(finite))}")
    return wanted
