"""Checked frames of who did what with which item, and of the items."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from trivet.data.formats.raw import Fault, RawRows, as_text, raise_faults
from trivet.data.frames import finish_frame, text_cells, time_cells
from trivet.errors import DataError

EVENT_ROLES = ("user", "item", "time", "event", "value")
ITEM_ROLES = ("item", "title", "description", "category", "added_at", "text")
NO_CATEGORY = frozenset({"(no genres listed)"})


def build_interactions(raw: RawRows, *, columns: Mapping[str, str], event: str = "interaction") -> pd.DataFrame:
    """Columns user, item, event (str), value (float64), time (datetime64[us, UTC]) and line; one row an event.

    Identifiers stay text: leading zeros survive. Without a column of events all are `event`; without values all are 1.

    Raises:
        DataError: a row with an empty user, item or event, or an unreadable time or value; no rows at all.
    """
    faults = list(raw.faults)
    cells = {role: text_cells(raw, columns[role], role=role, faults=faults) for role in ("user", "item")}
    cells["event"] = [event] * len(raw.lines)
    if "event" in columns:
        cells["event"] = text_cells(raw, columns["event"], role="event", faults=faults)
    values = _numbers(raw, columns["value"], faults) if "value" in columns else [1.0] * len(raw.lines)
    times = time_cells(raw, columns["time"], faults=faults)
    raise_faults(raw.file, faults)
    if not raw.lines:
        raise DataError("has no rows.", where=raw.file, todo="Give at least one event under the header.")
    frame = pd.DataFrame(cells, dtype="str")
    frame["value"] = values
    frame["time"] = times
    return finish_frame(frame, raw)


def build_items(raw: RawRows, *, columns: Mapping[str, str]) -> pd.DataFrame:
    """Columns item, text, title, category (str), line and, where known, added_at; one row an item.

    `text` is the file's own, else put together: title, then description, then the categories with commas between.

    Raises:
        DataError: an item without an identifier, without any text, or that stands twice; an unreadable `added_at`.
    """
    faults = list(raw.faults)
    items = text_cells(raw, columns["item"], role="item", faults=faults)
    parts = {
        role: text_cells(raw, columns[role], role=role, faults=faults, may_be_empty=True)
        if role in columns
        else [""] * len(raw.lines)
        for role in ("title", "description", "category", "text")
    }
    parts["category"] = [_categories(cell) for cell in parts["category"]]
    texts = [
        text.strip() or compose_text(*others)
        for text, *others in zip(parts["text"], parts["title"], parts["description"], parts["category"])
    ]
    untold = [(line, item) for line, item, text in zip(raw.lines, items, texts) if not text]
    faults += [Fault(line, f"item {item!r} has no text") for line, item in untold]
    faults += _repeated(raw, items)
    added = time_cells(raw, columns["added_at"], faults=faults) if "added_at" in columns else None
    raise_faults(raw.file, faults)
    if not raw.lines:
        raise DataError("has no rows.", where=raw.file, todo="Give at least one item under the header.")
    cells = {"item": items, "text": texts, "title": parts["title"], "category": parts["category"]}
    frame = pd.DataFrame(cells, dtype="str")
    if added is not None:
        frame["added_at"] = added
    return finish_frame(frame, raw)


def compose_text(*parts: str) -> str:
    """The parts that are not empty as sentences: `Toy Story (1995). Animation, Comedy`."""
    return ". ".join(stripped.rstrip(".") for part in parts if (stripped := part.strip()))


def check_items(interactions: pd.DataFrame, items: pd.DataFrame) -> None:
    """Nothing where every item that was interacted with stands in the catalogue.

    Raises:
        DataError: names the first event of an unknown item and how many such items there are.
    """
    strange = interactions[~interactions["item"].isin(items["item"])]
    if strange.empty:
        return
    row = strange.iloc[0]
    raise DataError(
        f"item {row['item']!r} is not in the catalogue ({strange['item'].nunique()} such in {len(strange)} events).",
        where=f"{interactions.attrs.get('file', 'interactions')}:{row['line']}",
        todo="Add it to the catalogue (data.items), or take its events out.",
    )


def _categories(cell: str) -> str:
    """`Crime|Drama` as `Crime, Drama`; the ways of saying none as nothing."""
    return "" if cell.strip() in NO_CATEGORY else ", ".join(part.strip() for part in cell.split("|") if part.strip())


def _numbers(raw: RawRows, column: str, faults: list[Fault]) -> list[float]:
    numbers = []
    for line, cell in zip(raw.lines, raw.columns[column]):
        try:
            number = float(as_text(cell) or "nan")
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            faults.append(Fault(line, f"the value {str(cell)!r} ({column!r}) is not a number"))
        numbers.append(number)
    return numbers


def _repeated(raw: RawRows, items: list[str]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for line, item in zip(raw.lines, items):
        if item.strip() and first.setdefault(item, line) != line:
            faults.append(Fault(line, f"item {item!r} stands already in line {first[item]}"))
    return faults
