"""CSV and TSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from trivet.data.formats.decode import decode
from trivet.data.formats.raw import Fault, RawRows, raise_faults
from trivet.errors import DataError


def read_delimited(content: bytes, *, file: str, encoding: str = "utf-8", delimiter: str = ",") -> RawRows:
    """Rows under a header line; blank lines are no rows, a quoted field may hold newlines.

    Raises:
        DataError: undecodable bytes, no header, two columns of one name, or a quote that is never closed.
    """
    text = decode(content, file=file, encoding=encoding)
    # Strict, because a lenient reader lets one unclosed quote swallow the rest of the file as a single field.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, delimiter), strict=True)
    header: list[str] | None = None
    rows: list[list[str]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    while True:
        start = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            # What follows a broken quote is guesswork, so reading ends here.
            raise_faults(file, [*faults, Fault(start, f"broken quoting: {error}")])
        if not row:
            continue
        if header is None:
            header = _checked_header(row, file=file)
        elif len(row) != len(header):
            faults.append(Fault(start, f"{len(row)} fields under a header of {len(header)}"))
        else:
            rows.append(row)
            lines.append(start)
    if header is None:
        raise DataError("is empty.", where=file, todo="Give a file with a header line and rows.")
    columns = dict(zip(header, zip(*rows), strict=True)) if rows else dict.fromkeys(header, ())
    return RawRows(file, columns, lines, tuple(faults))


def _checked_header(row: Sequence[str], *, file: str) -> list[str]:
    header = [name.strip() for name in row]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"has two columns named {twice!r}.", where=f"{file}:1", todo="Rename one of them.")
    return header


def _delimiter(text: str, delimiter: str) -> str:
    """The delimiter asked for, or `;` or tab where the header plainly uses those, as European spreadsheets write."""
    head = text.split("\n", 1)[0]
    if delimiter in head:
        return delimiter
    return next((other for other in (";", "\t") if other in head), delimiter)
