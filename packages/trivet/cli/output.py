"""How a verb prints: tables for people, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("\n")


def print_table(rows: Sequence[Mapping[str, Any]], *, columns: Sequence[str]) -> None:
    """Rows under a head line; a column that is too wide for the screen is folded."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    Console(soft_wrap=False).print(table)


def print_lines(lines: Sequence[str]) -> None:
    """Plain lines on standard output."""
    for line in lines:
        print(line)


def say(line: str) -> None:
    """A remark that does not belong to the result: on standard error."""
    print(line, file=sys.stderr, flush=True)
