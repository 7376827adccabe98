"""Intents and examples in a file: CSV, JSON lines, or the nlu.yml of Rasa; what is wrong is named by its line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from trivet.errors import InputError
from trivet_service.limits import MAX_SHORT_CHARACTERS
from trivet_support.growth.intent import Phrase
from trivet_support.growth.schemas import Name

FORMATS: Mapping[str, str] = {
    "text/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/yaml": "rasa",
    "text/yaml": "rasa",
}
_NAME: TypeAdapter[str] = TypeAdapter(Name)
# What a column may be called.
_TEXT = ("text", "message", "utterance", "question")
_INTENT = ("intent", "label", "category")


def read_bulk(body: bytes, kind: str) -> list[Phrase]:
    """The phrases of a file, in its order.

    Raises:
        InputError: a row cannot be read; `where` is `/lines/N`, counted from 1.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise InputError(f"line {line} is not valid UTF-8.", where=_place(line)) from error
    readers = {"csv": _read_csv, "jsonl": _read_lines, "rasa": _read_rasa}
    found = [_check(line, intent, said) for line, intent, said in readers[kind](text)]
    if not found:
        raise InputError("the file holds no example.", where="")
    return found


def _read_csv(text: str) -> Iterator[tuple[int, object, object]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip().casefold() for name in next(reader, [])]
    columns = [next((header.index(name) for name in names if name in header), -1) for names in (_TEXT, _INTENT)]
    if min(columns) < 0:
        raise InputError("line 1: the columns text and intent are wanted.", where=_place(1))
    line = reader.line_num + 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                if len(row) != len(header):
                    what = f"line {line}: {len(row)} cells, but the first line has {len(header)}."
                    raise InputError(what, where=_place(line))
                yield line, row[columns[1]], row[columns[0]]
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"line {line}: {error}.", where=_place(line)) from error


def _read_lines(text: str) -> Iterator[tuple[int, object, object]]:
    for line, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        try:
            values = json.loads(row)
        except (ValueError, RecursionError) as error:
            raise InputError(f"line {line} is not valid JSON.", where=_place(line)) from error
        if not isinstance(values, dict):
            raise InputError(f"line {line} is no JSON object.", where=_place(line))
        said, intent = (next((values[one] for one in names if one in values), None) for names in (_TEXT, _INTENT))
        yield line, intent, said


def _read_rasa(text: str) -> Iterator[tuple[int, object, object]]:
    from trivet_support.growth.rasa_file import read_examples

    yield from read_examples(text)


def _check(line: int, intent: object, said: object) -> Phrase:
    if not isinstance(said, str) or not said.strip():
        raise InputError(f"line {line}: there is no text.", where=_place(line))
    if len(said) > MAX_SHORT_CHARACTERS:
        raise InputError(f"line {line}: the text is longer than {MAX_SHORT_CHARACTERS} characters.", where=_place(line))
    if not isinstance(intent, str) or not intent.strip():
        raise InputError(f"line {line}: there is no intent.", where=_place(line))
    try:
        name = _NAME.validate_python(intent.strip())
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise InputError(f"line {line}: the intent {intent[:40]!r}: {reason}.", where=_place(line)) from error
    return Phrase(name, said.strip(), _place(line))


def _place(line: int) -> str:
    return f"/lines/{line}"
