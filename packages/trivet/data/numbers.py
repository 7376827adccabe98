"""Numbers to predict: read from a cell, and standardised."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivet.data.formats.raw import Fault, RawRows
from trivet.errors import DataError


def number_cells(raw: RawRows, column: str, *, faults: list[Fault]) -> list[float]:
    """The number of each row; a cell that is no finite number is added to `faults`."""
    numbers = []
    for line, value in zip(raw.lines, raw.columns[column]):
        try:
            numbers.append(read_number(value))
        except ValueError as error:
            faults.append(Fault(line, f"the number ({column!r}) {error}"))
            numbers.append(0.0)
    return numbers


def read_number(value: Any) -> float:
    """The number in one cell, with a point before its decimals.

    Raises:
        ValueError: what is wrong with it, to be put after its name.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        raise ValueError("is empty")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"is {value!r}, not a number")
    try:
        # Python would read 1_000 as a thousand.
        number = math.nan if isinstance(value, str) and "_" in value else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"is {value!r}, not a finite number")
    return number


def standardise(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of the numbers to learn.

    Raises:
        DataError: fewer than two different ones.
    """
    if len(numbers) == 0 or float(numbers.min()) == float(numbers.max()):
        raise DataError(
            "the training rows do not have two different numbers.",
            where="number",
            todo="Add rows of another number.",
        )
    return float(numbers.mean()), float(numbers.std())
