"""Checked frames of a reader's own pairs."""

from __future__ import annotations

import pandas as pd

from trivet.data.formats.raw import Fault, RawRows, raise_faults
from trivet.data.frames import finish_frame, shorten, text_cells
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe

ANCHOR, POSITIVE, NEGATIVE = "anchor", "positive", "negative"


def is_pairs(raw: RawRows, recipe: DataRecipe) -> bool:
    """Whether a file holds pairs: it has the columns anchor and positive, and no label or number is wanted of it."""
    return not recipe.target and {ANCHOR, POSITIVE} <= set(raw.columns)


def build_pairs(raw: RawRows) -> pd.DataFrame:
    """Columns anchor, positive, line and every one of the file that begins with `negative`; one row a pair.

    Raises:
        DataError: an empty text, a text that is its own positive or the negative of what it belongs to, or no rows.
    """
    faults = list(raw.faults)
    names = [ANCHOR, POSITIVE, *(name for name in raw.columns if name.startswith(NEGATIVE))]
    cells = {name: text_cells(raw, name, role=name, faults=faults) for name in names}
    for row, line in enumerate(raw.lines):
        anchor, positive = cells[ANCHOR][row], cells[POSITIVE][row]
        for name in names[1:]:
            if cells[name][row] == anchor and anchor.strip():
                faults.append(Fault(line, f"the anchor {shorten(anchor)!r} is its own {name}"))
        for name in names[2:]:
            if cells[name][row] == positive and positive.strip():
                faults.append(Fault(line, f"the positive {shorten(positive)!r} is the {name} as well"))
    raise_faults(raw.file, faults)
    if not raw.lines:
        raise DataError("has no rows.", where=raw.file, todo="Give at least two pairs under the header.")
    return finish_frame(pd.DataFrame(cells, dtype="str"), raw)
