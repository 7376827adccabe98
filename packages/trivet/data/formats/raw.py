"""Raw rows: values as they stand in a file, each with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trivet.errors import DataError

SHOWN = 5


@dataclass(frozen=True)
class Fault:
    """One bad row: its line (from 1) and what is wrong with it."""

    line: int
    reason: str


@dataclass(frozen=True)
class RawRows:
    """Columns of equal length, the line each row starts on, and the rows that could not be read at all."""

    file: str
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    faults: tuple[Fault, ...] = ()


def raise_faults(file: str, faults: Sequence[Fault]) -> None:
    """Nothing where there is no fault.

    Raises:
        DataError: names the first bad row by file and line, its reason, and how many more there are and where.
    """
    if not faults:
        return
    first, *rest = sorted(faults, key=lambda fault: fault.line)
    others = sorted({fault.line for fault in rest} - {first.line})
    more = ""
    if others:
        dots = ", ..." if len(others) > SHOWN else ""
        numbers = ", ".join(str(line) for line in others[:SHOWN])
        more = f" ({len(others)} more bad row{'s' if len(others) > 1 else ''}: line {numbers}{dots})"
    raise DataError(
        f"{first.reason}{more}.", where=f"{file}:{first.line}", todo="Mend or remove what is named, nothing was read."
    )


def as_text(value: Any) -> str | None:
    """A cell as text: nothing is "", a whole number has no decimal point; None for a list or another structure."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            if value != value:
                return ""
            return str(int(value)) if value.is_integer() else str(value)
        case list() | dict() | tuple() | set() | bytes():
            return None
        case _:
            return str(value)
