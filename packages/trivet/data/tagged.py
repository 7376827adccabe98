"""Checked frames of texts with spans: entities, slots."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from trivet.data.context import join_context
from trivet.data.formats.raw import Fault, RawRows, raise_faults
from trivet.data.frames import OPTIONAL, finish_frame, shorten, text_cells, time_cells
from trivet.errors import DataError

# First character, the one after the last, type.
SpanKey = tuple[int, int, str]
Spans = tuple[SpanKey, ...]
KEYS = ("start", "end", "label")
ROLES = ("text", "spans", "context", *OPTIONAL)


def build_tagged_frame(raw: RawRows, *, columns: Mapping[str, str], may_overlap: bool = False) -> pd.DataFrame:
    """Columns text, spans (a tuple of (start, end, type) a row, in order), line and what else `columns` names.

    `start` and `end` count characters of the text alone, without its context. `may_overlap` is for sets that are known
    for spans within spans.

    Raises:
        DataError: a row with an empty text, or a span that is no object with start, end and label, lies outside of its
            text, holds nothing but blanks or overlaps another; names file, line and reason of the first.
    """
    faults = list(raw.faults)
    cells: dict[str, Any] = {"text": text_cells(raw, columns["text"], role="text", faults=faults)}
    for role in ("context", *OPTIONAL):
        if role in columns:
            cells[role] = text_cells(raw, columns[role], role=role, faults=faults, may_be_empty=True)
    values = raw.columns[columns["spans"]]
    spans: list[Spans] = []
    for line, text, value in zip(raw.lines, cells["text"], values):
        found = _read_spans(value, text)
        reason = found if isinstance(found, str) else _overlap(found, text) if not may_overlap else ""
        if reason:
            faults.append(Fault(line, reason))
        spans.append(() if isinstance(found, str) else found)
    times = time_cells(raw, columns["time"], faults=faults) if "time" in columns else None
    raise_faults(raw.file, faults)
    if not raw.lines:
        raise DataError("has no rows.", where=raw.file, todo="Give at least one row.")
    frame = pd.DataFrame(cells, dtype="str")
    frame["spans"] = pd.Series(spans, dtype="object")
    if times is not None:
        frame["time"] = times
    return finish_frame(frame, raw)


def check_spans(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame itself, where its rows have spans.

    Raises:
        DataError: they have none.
    """
    if "spans" not in frame:
        raise DataError(
            "the rows have no spans.",
            where=str(frame.attrs.get("file", "data.dataset")),
            todo="Give JSON lines with `spans`, a list of start, end and label, or name it: data.columns.spans.",
        )
    return frame


def read_texts(frame: pd.DataFrame) -> list[str]:
    """The texts of a frame as the encoder reads them: with their context in front, where they have one."""
    texts = list(frame["text"])
    if "context" not in frame:
        return texts
    return [join_context(context, text) for context, text in zip(frame["context"], texts, strict=True)]


def _read_spans(value: Any, text: str) -> Spans | str:
    """The spans of one cell, or what is wrong with it."""
    if value is None or (isinstance(value, float) and value != value):
        return ()
    if not isinstance(value, list | tuple):
        return f"the spans are a {type(value).__name__}, not a list"
    spans = []
    for one in value:
        span = _read_span(one, text)
        if isinstance(span, str):
            return span
        spans.append(span)
    return tuple(sorted(spans))


def _read_span(one: Any, text: str) -> SpanKey | str:
    if not isinstance(one, Mapping) or not all(key in one for key in KEYS):
        return f"the span {shorten(str(one))!r} is not an object with start, end and label"
    start, end, label = (one[key] for key in KEYS)
    if not _is_whole(start) or not _is_whole(end):
        return f"start and end of a span are whole numbers, not {start!r} and {end!r}"
    if not isinstance(label, str) or not label.strip():
        return f"the label of the span {start}-{end} is empty or no text"
    if start < 0 or end > len(text):
        return f"the span {start}-{end} ({label}) lies outside of the text of {len(text)} characters"
    if start >= end or not text[start:end].strip():
        return f"the span {start}-{end} ({label}) holds nothing"
    return int(start), int(end), label


def _overlap(spans: Spans, text: str) -> str:
    for (start, end, label), (begin, stop, other) in pairwise(spans):
        if begin < end:
            return f"the span {begin}-{stop} ({other}) overlaps {start}-{end} ({label}) in {shorten(text)!r}"
    return ""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
