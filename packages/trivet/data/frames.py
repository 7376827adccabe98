"""Checked frames of texts and labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from trivet.data.formats.raw import Fault, RawRows, as_text, raise_faults
from trivet.data.label_sets import label_set_cells
from trivet.data.numbers import number_cells
from trivet.data.times import parse_times
from trivet.errors import DataError

OPTIONAL = ("group", "kind", "id")
CONTEXT = "context"


def build_text_frame(
    raw: RawRows, *, columns: Mapping[str, str], label: str = "", label_names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Columns text, label, line and what else `columns` (role to column) names of group, time, kind, id; one row a row.

    `label` stands in every row where no column is the label (none at all: the frame has no labels); `label_names`
    translates the file's labels. In place of the label, `columns` may name that of `labels` (tuples of names) or of the
    `number`.

    Raises:
        DataError: a row with an empty text or label, a label that `label_names` lacks, an unreadable time or a cell
            that is not a value; names file, line and reason of the first and how many more there are. Also no rows.
    """
    faults = list(raw.faults)
    cells: dict[str, list[str]] = {"text": text_cells(raw, columns["text"], role="text", faults=faults)}
    if "label" in columns:
        labels = text_cells(raw, columns["label"], role="label", faults=faults)
        cells["label"] = _translate(labels, raw, label_names or {}, faults)
    elif label:
        cells["label"] = [label] * len(raw.lines)
    for role in (*OPTIONAL, CONTEXT):
        if role in columns:
            cells[role] = text_cells(raw, columns[role], role=role, faults=faults, may_be_empty=True)
    sets = label_set_cells(raw, columns["labels"], faults=faults) if "labels" in columns else None
    numbers = number_cells(raw, columns["number"], faults=faults) if "number" in columns else None
    times = time_cells(raw, columns["time"], faults=faults) if "time" in columns else None
    raise_faults(raw.file, faults)
    if not raw.lines:
        raise DataError("has no rows.", where=raw.file, todo="Give at least one row under the header.")
    frame = pd.DataFrame(cells, dtype="str")
    if sets is not None:
        frame["labels"] = pd.Series(sets, dtype=object)
    if numbers is not None:
        frame["number"] = numbers
    if times is not None:
        frame["time"] = times
    return finish_frame(frame, raw)


def text_cells(raw: RawRows, column: str, *, role: str, faults: list[Fault], may_be_empty: bool = False) -> list[str]:
    """The cells of a column as text; what is empty though it may not be, or no text at all, is added to `faults`."""
    texts = []
    for line, value in zip(raw.lines, raw.columns[column]):
        text = as_text(value)
        if text is None:
            faults.append(Fault(line, f"the {role} ({column!r}) is a {type(value).__name__}, not a text"))
        elif not may_be_empty and not text.strip():
            faults.append(Fault(line, f"the {role} ({column!r}) is empty"))
        elif "\x00" in text:
            faults.append(Fault(line, f"the {role} ({column!r}) holds a NUL byte"))
        texts.append(text or "")
    return texts


def time_cells(raw: RawRows, column: str, *, faults: list[Fault]) -> pd.Series:
    """The times of a column; what cannot be read is added to `faults`."""
    values: Sequence[Any] = raw.columns[column]
    times = parse_times(values)
    for position in times.index[times.isna()]:
        value = str(values[position])
        faults.append(Fault(raw.lines[position], f"the time {value!r} is neither ISO 8601 nor a number since 1970"))
    return times


def finish_frame(frame: pd.DataFrame, raw: RawRows) -> pd.DataFrame:
    """The frame with the line of each row and the name of its file, for messages about rows later on."""
    frame["line"] = list(raw.lines)
    frame.attrs["file"] = raw.file
    return frame


def check_labels(known: Iterable[str], test: pd.DataFrame) -> None:
    """Nothing where every label of the test rows is known from training.

    Raises:
        DataError: names the first label that only the test has, one of its rows, and how many such labels there are.
    """
    strange = test[~test["label"].isin(set(known))]
    if not strange.empty:
        raise _only_in_test(strange, test)


def check_label_sets(known: Iterable[str], test: pd.DataFrame) -> None:
    """As `check_labels`, where a text has any number of labels."""
    each = test.assign(label=test["labels"]).explode("label").dropna(subset=["label"])
    each.attrs = test.attrs
    check_labels(known, each)


def _only_in_test(strange: pd.DataFrame, test: pd.DataFrame) -> DataError:
    row = strange.iloc[0]
    count = strange["label"].nunique()
    more = f" ({count - 1} more such label{'s' if count > 2 else ''})" if count > 1 else ""
    return DataError(
        f"only the test has the label {row['label']!r}{more}, for example in {shorten(row['text'])!r}.",
        where=f"{test.attrs.get('file', 'test')}:{row['line']}" if "line" in strange else "test",
        todo="Add training rows of that label, or take it out of the test.",
    )


def shorten(text: str, *, width: int = 60) -> str:
    """The beginning of a text, on one line."""
    folded = " ".join(text.split())
    return folded if len(folded) <= width else f"{folded[: width - 3]}..."


def _translate(labels: list[str], raw: RawRows, names: Mapping[str, str], faults: list[Fault]) -> list[str]:
    if not names:
        return labels
    for line, label in zip(raw.lines, labels):
        if label.strip() and label not in names:
            faults.append(Fault(line, f"the label {label!r} is none of {', '.join(names)}"))
    return [names.get(label, label) for label in labels]
