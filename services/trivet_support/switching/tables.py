"""Rows of a file with named columns, with the peer's answers where a column has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trivet.data.columns import choose_columns
from trivet.data.formats.raw import as_text
from trivet.data.formats.read import format_of, read_rows
from trivet.errors import DataError
from trivet_support.switching.imported import Imported, Row
from trivet_support.switching.peer import Peer

# What a column of a peer's answers is commonly called, best first.
_PREDICTED = ("predicted", "prediction", "predictions", "predicted_intent", "predicted_label", "pred", "peer")
# What is out of scope is commonly labelled so.
OUTSIDE = frozenset({"oos", "out_of_scope", "nlu_fallback"})


@dataclass(frozen=True)
class Sheet:
    """The rows of a file; `predicted` is what a peer made of them, by text, and empty where nothing tells."""

    rows: tuple[Row, ...]
    predicted: Mapping[str, str]


@dataclass(frozen=True)
class Columns:
    """Names of columns; empty: to be guessed."""

    text: str = ""
    label: str = ""
    predicted: str = ""


def read_sheet(path: Path, columns: Columns, *, names: Sequence[str] = (), needs_label: bool = True) -> Sheet:
    """The rows of a CSV, TSV, JSONL or Parquet file; `names` are those of labels that are numbers.

    Raises:
        DataError: no such file, another format, a column that is not there, or an empty cell; names the line.
    """
    kind = format_of(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}).", where=str(path), todo="Check the path.") from error
    raw = read_rows(content, file=str(path), kind=kind)
    if raw.faults:
        fault = raw.faults[0]
        raise DataError(f"{fault.reason}.", where=f"{path}:{fault.line}", todo="Mend that row.")
    available = list(raw.columns)
    label = columns.label or ("label_text" if "label_text" in available else "")
    named = {"text": columns.text, "label": label}
    roles = ["text", "label"] if needs_label or label else ["text"]
    chosen = choose_columns(available, roles=roles, named=named, file=str(path), required=roles)
    guess = next((name for name in _PREDICTED if name in available), "")
    told = columns.predicted or guess
    if columns.predicted and columns.predicted not in available:
        raise DataError(
            f"has no column {columns.predicted!r}; it has {', '.join(map(repr, available))}.",
            where=str(path),
            todo="Mend --predicted.",
        )
    texts = [_cell(value, line, path) for value, line in zip(raw.columns[chosen["text"]], raw.lines, strict=True)]
    labels = ["" for _ in texts]
    if "label" in chosen:
        cells = zip(raw.columns[chosen["label"]], raw.lines, strict=True)
        labels = [_label(_cell(value, line, path), names) for value, line in cells]
    answers = [_label(as_text(value) or "", names) for value in raw.columns[told]] if told else []
    return Sheet(
        tuple(Row(text, label) for text, label in zip(texts, labels, strict=True)),
        dict(zip(texts, answers, strict=True)) if told else {},
    )


def read_csv(
    path: Path, *, columns: Columns, test: Path | None = None, peer: Peer | None = None, name: str = "the peer"
) -> Imported:
    """A file of messages and intents. Raises as `read_sheet`."""
    sheet = read_sheet(path, columns)
    parts = {"train": sheet.rows}
    predicted = dict(sheet.predicted)
    if test is not None:
        judged = read_sheet(test, columns)
        parts["test"] = judged.rows
        predicted |= judged.predicted
    if peer is None and predicted:
        peer = Peer(name, str(test or path), predicted)
    return Imported("csv", part_outside(parts), peer=peer)


def part_outside(parts: Mapping[str, Sequence[Row]]) -> dict[str, Sequence[Row]]:
    """The parts with rows that belong to no intent in parts of their own, where whoever labelled them said so."""
    found: dict[str, Sequence[Row]] = {}
    for part, rows in parts.items():
        found[part] = [row for row in rows if row.label.casefold() not in OUTSIDE]
        if outside := [Row(row.text) for row in rows if row.label.casefold() in OUTSIDE]:
            found[f"out_of_scope_{part}"] = outside
    return found


def _cell(value: object, line: int, path: Path) -> str:
    text = as_text(value)
    if not (text or "").strip():
        raise DataError("a cell is empty.", where=f"{path}:{line}", todo="Fill it, or leave the row out.")
    return text or ""


def _label(text: str, names: Sequence[str]) -> str:
    return names[int(text)] if names and text.isdigit() and int(text) < len(names) else text
