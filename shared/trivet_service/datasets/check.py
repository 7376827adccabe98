"""Reads an uploaded table as the core would, in a process of its own, which takes pandas and its memory with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.errors import DataError, OverloadError

# Checks at once in one server: each may take as much memory as its table.
AT_ONCE = 1
_SHOWN = 8


@dataclass(frozen=True)
class Checked:
    """A table that can be read: its rows, its columns, and what a reader should know before training on it."""

    rows: int
    columns: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...]


def check_apart(path: Path, *, table: str, recipe: Mapping[str, Any], seconds: float) -> Checked:
    """As `check_table`, in another process, which may take so many seconds.

    Raises:
        DataError: a bad row, by its line and reason, or what is no table of this kind.
        OverloadError: it took too long.
    """
    asked = json.dumps({"path": str(path), "table": table, "recipe": dict(recipe)})
    command = [sys.executable, "-m", "trivet_service.datasets.check"]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise OverloadError(f"reading the table took longer than {seconds:g} s.", retry_after=seconds) from error
    if done.returncode < 0:
        raise DataError(
            "reading the table took more memory than there is.", todo="Split it, or give more memory to the server."
        )
    assert done.returncode == 0, f"the check ended with {done.returncode}: {done.stderr[-500:]}"
    told = json.loads(done.stdout)
    if "error" in told:
        raise DataError(**told["error"])
    return Checked(told["rows"], tuple(told["columns"]), tuple(told["findings"]))


def check_table(path: Path, *, table: str, recipe: Mapping[str, Any]) -> Checked:
    """Read a table with the columns and the target of a recipe's data section; its bad rows are found.

    Raises:
        DataError: a bad row, by its line and reason, or what is no table of this kind.
    """
    from trivet.data.build import build_frame, is_tagging
    from trivet.data.formats.read import format_of, read_rows
    from trivet.data.lint import lint_frame
    from trivet.recipe.data import DataRecipe

    data = DataRecipe.model_validate(recipe)
    raw = read_rows(path.read_bytes(), file=table, kind=format_of(path))
    interactions = table in ("interactions", "items")
    frame = build_frame(table, raw, data, interactions=interactions, tagging=not interactions and is_tagging(raw, data))
    findings = lint_frame(frame) if table == "train" and {"text", "label"} <= set(frame) else ()
    return Checked(len(frame), tuple(raw.columns), tuple(finding.to_json() for finding in findings[:_SHOWN]))


def main() -> None:
    """Answer the question on standard input."""
    asked = json.load(sys.stdin)
    try:
        found = check_table(Path(asked["path"]), table=asked["table"], recipe=asked["recipe"])
    except DataError as error:
        json.dump({"error": {"what": error.what, "where": error.where, "todo": error.todo}}, sys.stdout)
        return
    json.dump({"rows": found.rows, "columns": found.columns, "findings": found.findings}, sys.stdout)


if __name__ == "__main__":
    main()
