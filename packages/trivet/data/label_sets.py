"""Sets of labels: read from a cell, and laid out as columns of zeros and ones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivet.data.formats.raw import Fault, RawRows, as_text
from trivet.errors import DataError

SEPARATORS = ("|", ";")


def label_set_cells(raw: RawRows, column: str, *, faults: list[Fault]) -> list[tuple[str, ...]]:
    """The labels of each row, sorted; a cell that is no list of labels is added to `faults`.

    A cell is a list, the JSON of one (`["a", "b"]`), or text around `|` or `;`; an empty one has no label.
    """
    sets = []
    for line, value in zip(raw.lines, raw.columns[column]):
        try:
            sets.append(read_label_set(value))
        except ValueError as error:
            faults.append(Fault(line, f"the labels ({column!r}) {error}"))
            sets.append(())
    return sets


def read_label_set(value: Any) -> tuple[str, ...]:
    """The labels in one cell, sorted; one that is named twice counts once.

    Raises:
        ValueError: what is wrong with it, to be put after its name.
    """
    if isinstance(value, list | tuple):
        return _check(list(value))
    text = as_text(value)
    if text is None:
        raise ValueError(f"are a {type(value).__name__}, not a list")
    text = text.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"are not valid JSON: {error.msg} at column {error.colno}") from error
        return _check(found)
    separator = next((mark for mark in SEPARATORS if mark in text), None)
    return _check([part.strip() for part in text.split(separator)] if separator else [text] if text else [])


def label_names(sets: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """All labels that stand in any of the sets, in alphabetical order.

    Raises:
        DataError: there is none.
    """
    names = tuple(sorted({label for labels in sets for label in labels}))
    if not names:
        raise DataError("no training row has a label.", where="labels", todo="Add rows that have one.")
    return names


def hot_labels(sets: Sequence[Sequence[str]], labels: Sequence[str]) -> NDArray[np.int64]:
    """Zeros and ones I64[N, C]: which of the labels stand in each set.

    Raises:
        DataError: a set holds a label that is not among them; names the row.
    """
    places = {label: at for at, label in enumerate(labels)}
    hot = np.zeros((len(sets), len(labels)), dtype=np.int64)
    for row, names in enumerate(sets):
        for name in names:
            if name not in places:
                raise DataError(
                    f"the label {name!r} is not one that the model learns.",
                    where=f"row {row + 1}",
                    todo="Put rows of that label into the training rows, or drop this row.",
                )
            hot[row, places[name]] = 1
    return hot


def _check(found: Sequence[Any]) -> tuple[str, ...]:
    odd = next((one for one in found if not isinstance(one, str)), None)
    if odd is not None:
        raise ValueError(f"hold {odd!r}, not the name of a label")
    if not all(one.strip() for one in found):
        raise ValueError("hold an empty name")
    return tuple(sorted(set(found)))
