"""JSON lines, JSON objects of splits, and Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

from trivet.data.formats.decode import decode, split_lines
from trivet.data.formats.raw import Fault, RawRows
from trivet.errors import DataError


def read_json_lines(content: bytes, *, file: str, encoding: str = "utf-8") -> RawRows:
    """One JSON object a line; a key that a row lacks is an empty cell, blank lines are no rows.

    Raises:
        DataError: undecodable bytes, or an empty file.
    """
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for number, line in enumerate(split_lines(decode(content, file=file, encoding=encoding)), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            faults.append(Fault(number, f"not valid JSON: {error.msg} at column {error.colno}"))
            continue
        if isinstance(row, dict):
            rows.append(row)
            lines.append(number)
        else:
            faults.append(Fault(number, "not a JSON object"))
    if not rows and not faults:
        raise DataError("is empty.", where=file, todo="Give a file with one JSON object a line.")
    # A dictionary, not a set: the columns keep the order in which the file shows them.
    names = list(dict.fromkeys(name for row in rows for name in row))
    return RawRows(file, {name: [row.get(name) for row in rows] for name in names}, lines, tuple(faults))


def read_split_json(content: bytes, *, file: str, key: str, names: Sequence[str], encoding: str = "utf-8") -> RawRows:
    """Rows of one split of a JSON object `{split: [[text, label], ...]}`; `lines` count the rows of the split.

    Raises:
        DataError: not JSON, or no such split.
    """
    try:
        splits = json.loads(decode(content, file=file, encoding=encoding))
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}"
        raise DataError(f"not valid JSON: {error.msg}.", where=where, todo="Fetch the file again.") from error
    if not isinstance(splits, dict) or not isinstance(splits.get(key), list):
        raise DataError(f"has no list {key!r}.", where=file, todo="Check the data card against the file.")
    rows: list[list[Any]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for number, row in enumerate(splits[key], start=1):
        if isinstance(row, list) and len(row) == len(names):
            rows.append(row)
            lines.append(number)
        else:
            faults.append(Fault(number, f"row {number} of {key!r} is not a list of {len(names)}"))
    columns = dict(zip(names, zip(*rows), strict=True)) if rows else dict.fromkeys(names, ())
    return RawRows(file, columns, lines, tuple(faults))


def read_parquet(content: bytes, *, file: str) -> RawRows:
    """Rows of a Parquet file; `lines` count rows from 1, as the file has no lines.

    Raises:
        DataError: the bytes are not a whole Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(io.BytesIO(content))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError("is not a whole Parquet file.", where=file, todo="Write it again.") from error
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return RawRows(file, columns, range(1, table.num_rows + 1))
