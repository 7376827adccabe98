"""Points in time as files write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

NUMBER = re.compile(r"-?\d+(\.\d+)?")
DAY = re.compile(r"(19|20)\d{6}")


def parse_times(values: Sequence[Any]) -> pd.Series:
    """UTC times (datetime64[us, UTC]), NaT where a value is none.

    Read are ISO 8601 (without a zone it is UTC), days as 20261124, and seconds, milliseconds or microseconds since
    1970, told apart by the largest value of the column. Orders such as 01/02/2026 are not guessed: they come out NaT.
    """
    texts = [str(value).strip() for value in values]
    numeric = [bool(NUMBER.fullmatch(text)) for text in texts]
    if any(numeric) and not all(DAY.fullmatch(text) for text, number in zip(texts, numeric) if number):
        numbers = pd.Series([float(text) if number else None for text, number in zip(texts, numeric)], dtype="float64")
        times = pd.to_datetime(numbers * _microseconds(numbers.abs().max()), unit="us", utc=True, errors="coerce")
    else:
        times = pd.to_datetime(pd.Series(texts, dtype="object"), format="ISO8601", utc=True, errors="coerce")
    return times.astype("datetime64[us, UTC]")


def _microseconds(largest: float) -> float:
    """Microseconds in the column's unit: seconds reach 1e11 in the year 5138, milliseconds passed it in 1973."""
    if largest < 1e11:
        return 1e6
    return 1e3 if largest < 1e14 else 1.0
