"""JSON documents that hold all their rows."""

from __future__ import annotations

import json
from typing import Any

from trivet.data.formats.decode import decode
from trivet.data.formats.raw import Fault, RawRows, raise_faults
from trivet.errors import DataError


def read_json_list(content: bytes, *, file: str, encoding: str = "utf-8") -> RawRows:
    """Rows of a list of objects; a key that a row lacks is an empty cell, `lines` count rows from 1.

    Raises:
        DataError: undecodable bytes, not JSON, or no list.
    """
    found = _read(content, file=file, encoding=encoding)
    if not isinstance(found, list) or not found:
        raise DataError("is no list with rows.", where=file, todo="Give a JSON list of objects.")
    rows = [(number, row) for number, row in enumerate(found, start=1) if isinstance(row, dict)]
    known = {number for number, _ in rows}
    faults = [Fault(number, f"row {number} is no object") for number in range(1, len(found) + 1) if number not in known]
    names = list(dict.fromkeys(name for _, row in rows for name in row))
    columns = {name: [row.get(name) for _, row in rows] for name in names}
    return RawRows(file, columns, [number for number, _ in rows], tuple(faults))


def read_fiqa(content: bytes, *, file: str, encoding: str = "utf-8") -> RawRows:
    """FiQA 2018 task 1, `{id: {sentence, info: [{target, sentiment_score, ...}]}}`: a row a scored target.

    Columns sentence, target, aimed (`target: sentence`), score, sentence_id and source (headline or post, by the name
    of the file); `lines` count rows from 1.

    Raises:
        DataError: undecodable bytes, not JSON, or no object.
    """
    found = _read(content, file=file, encoding=encoding)
    if not isinstance(found, dict) or not found:
        raise DataError("is no object with sentences.", where=file, todo="Fetch the file again.")
    rows: list[dict[str, Any]] = []
    faults: list[Fault] = []
    source = "headline" if "headline" in file.rsplit("/", 1)[-1] else "post"
    for identifier, entry in found.items():
        try:
            sentence = entry["sentence"]
            targets = [(one["target"], one["sentiment_score"]) for one in entry["info"]]
        except (TypeError, KeyError) as error:
            faults.append(Fault(len(rows) + 1, f"sentence {identifier!r} has no {error}"))
            continue
        for target, score in targets:
            rows.append(
                {
                    "sentence": sentence,
                    "target": target,
                    "aimed": f"{target}: {sentence}",
                    "score": score,
                    "sentence_id": f"{source} {identifier}",
                    "source": source,
                }
            )
    names = ("sentence", "target", "aimed", "score", "sentence_id", "source")
    columns = {name: [row[name] for row in rows] for name in names}
    return RawRows(file, columns, range(1, len(rows) + 1), tuple(faults))


def join_rows(parts: list[RawRows]) -> RawRows:
    """The rows of several files one after the other, under the name of the first; each row keeps its own line.

    A column that one of the files lacks is empty there.

    Raises:
        DataError: a row of one of the files could not be read.
    """
    for part in parts:
        raise_faults(part.file, part.faults)
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    columns = {
        name: [value for part in parts for value in part.columns.get(name, [None] * len(part.lines))] for name in names
    }
    return RawRows(parts[0].file, columns, [line for part in parts for line in part.lines])


def _read(content: bytes, *, file: str, encoding: str) -> Any:
    try:
        return json.loads(decode(content, file=file, encoding=encoding))
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}"
        raise DataError(f"not valid JSON: {error.msg}.", where=where, todo="Fetch the file again.") from error
