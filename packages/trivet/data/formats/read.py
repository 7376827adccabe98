"""Which reader reads a file."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal, assert_never

from trivet.data.formats.delimited import read_delimited
from trivet.data.formats.raw import RawRows
from trivet.data.formats.records import read_json_lines, read_parquet
from trivet.errors import DataError

FileFormat = Literal["csv", "tsv", "jsonl", "parquet"]
SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


def format_of(path: PurePath) -> FileFormat:
    """The format that a file name promises; a trailing .gz is looked through.

    Raises:
        DataError: the ending is none of a format read here.
    """
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    try:
        return SUFFIXES[plain.suffix.lower()]
    except KeyError:
        raise DataError(
            f"the ending {plain.suffix or 'of the name'!r} is of no format that is read.",
            where=str(path),
            todo=f"Use one of {', '.join(SUFFIXES)}, each also with .gz.",
        ) from None


def read_rows(content: bytes, *, file: str, kind: FileFormat, encoding: str = "utf-8") -> RawRows:
    """The raw rows of a file with named columns.

    Raises:
        DataError: bytes that are not of the format or the encoding.
    """
    match kind:
        case "csv":
            return read_delimited(content, file=file, encoding=encoding)
        case "tsv":
            return read_delimited(content, file=file, encoding=encoding, delimiter="\t")
        case "jsonl":
            return read_json_lines(content, file=file, encoding=encoding)
        case "parquet":
            return read_parquet(content, file=file)
        case _:
            assert_never(kind)
