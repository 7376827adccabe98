"""What labels mean, in words: a file of label and description."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from trivet.errors import DataError


def read_descriptions(path: Path, labels: Sequence[str]) -> dict[str, str]:
    """A description a label, from a TOML or JSON table or a CSV file of two columns, in alphabetical order.

    The file may describe labels beyond those asked for: they can be answered too.

    Raises:
        DataError: the file is missing, of another kind or not valid, a description is empty, a label stands twice, or
            one of `labels` is not described; names the line or the label.
    """
    found = _read(path)
    for label, description in found.items():
        if not isinstance(description, str) or not description.strip():
            raise DataError(f"label {label!r} has no description.", where=str(path), todo="Say in words what it means.")
    for label in labels:
        if label not in found:
            close = get_close_matches(label, set(found) - set(labels), n=1)
            todo = f"Is it the one called {close[0]!r} there?" if close else "Add a line for it."
            raise DataError(f"label {label!r} has no description.", where=str(path), todo=todo)
    return {label: found[label].strip() for label in sorted(found)}


def _read(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"cannot read the descriptions ({error}).", where=str(path), todo="Give a TOML, JSON or CSV file."
        ) from error
    match path.suffix.lower():
        case ".toml" | ".json":
            return _read_table(text, path)
        case ".csv":
            return _read_csv(text, path)
        case other:
            raise DataError(
                f"descriptions do not come as {other or 'a file without a suffix'}.",
                where=str(path),
                todo="Use .toml, .json or .csv.",
            )


def _read_table(text: str, path: Path) -> Mapping[str, Any]:
    try:
        values = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except ValueError as error:
        raise DataError(f"not valid: {error}.", where=str(path), todo="Mend that line.") from error
    if not isinstance(values, dict):
        raise DataError("not a table of label and description.", where=str(path), todo='Write {"label": "words"}.')
    return values


def _read_csv(text: str, path: Path) -> Mapping[str, Any]:
    found: dict[str, str] = {}
    for number, cells in enumerate(csv.reader(text.splitlines()), start=1):
        if not cells or (number == 1 and [cell.strip().lower() for cell in cells] == ["label", "description"]):
            continue
        if len(cells) != 2:
            raise DataError(
                f"{len(cells)} columns, not label and description.",
                where=f"{path}:{number}",
                todo="Put a description with a comma in quotes.",
            )
        if cells[0] in found:
            raise DataError(f"label {cells[0]!r} stands twice.", where=f"{path}:{number}", todo="Remove one.")
        found[cells[0]] = cells[1]
    return found
