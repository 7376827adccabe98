"""Files of slots: words with a BIO tag each, and dialogue turns with spans of their values."""

from __future__ import annotations

import json
from typing import Any

from trivet.data.formats.decode import decode, split_lines
from trivet.data.formats.raw import Fault, RawRows
from trivet.errors import DataError


def read_bio(texts: bytes, tags: bytes, *, file: str, tags_file: str, encoding: str = "utf-8") -> RawRows:
    """Rows of two files whose lines belong together: words, and a BIO tag a word; columns text and spans.

    The text is the words with one blank between. An I after another type or after O begins a span, as conlleval reads
    it.

    Raises:
        DataError: undecodable bytes, or files of different length.
    """
    left = split_lines(decode(texts, file=file, encoding=encoding))
    right = split_lines(decode(tags, file=tags_file, encoding=encoding))
    if len(left) != len(right):
        raise DataError(
            f"has {len(left)} lines, {tags_file} has {len(right)}.",
            where=file,
            todo="Line n of both must belong together.",
        )
    rows: list[tuple[str, list[dict[str, Any]]]] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for number, (text, line) in enumerate(zip(left, right, strict=True), start=1):
        words, marks = text.split(), line.split()
        strange = next((mark for mark in marks if not (mark == "O" or mark[:2] in ("B-", "I-"))), None)
        if len(words) != len(marks):
            faults.append(Fault(number, f"{len(words)} words but {len(marks)} tags"))
        elif strange is not None:
            faults.append(Fault(number, f"{strange!r} is no tag: O, B-type or I-type"))
        else:
            rows.append((" ".join(words), _spans_of(words, marks)))
            lines.append(number)
    return RawRows(
        file, {"text": [text for text, _ in rows], "spans": [spans for _, spans in rows]}, lines, tuple(faults)
    )


def read_value_spans(content: bytes, *, file: str, encoding: str = "utf-8") -> RawRows:
    """Turns of RESTAURANTS-8K: columns text, spans, and context, the slots that were asked for; `lines` count turns.

    A value that begins the text has no `startIndex` there.

    Raises:
        DataError: not a JSON list.
    """
    try:
        turns = json.loads(decode(content, file=file, encoding=encoding))
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}"
        raise DataError(f"not valid JSON: {error.msg}.", where=where, todo="Fetch the file again.") from error
    if not isinstance(turns, list):
        raise DataError("is not a list of turns.", where=file, todo="Check the data card against the file.")
    columns: dict[str, list[Any]] = {"text": [], "spans": [], "context": []}
    lines: list[int] = []
    faults: list[Fault] = []
    for number, turn in enumerate(turns, start=1):
        try:
            spans = [
                {
                    "start": label["valueSpan"].get("startIndex", 0),
                    "end": label["valueSpan"]["endIndex"],
                    "label": label["slot"],
                }
                for label in turn.get("labels", [])
            ]
            text, asked = turn["userInput"]["text"], turn.get("context", {}).get("requestedSlots", [])
        except (KeyError, TypeError, AttributeError) as error:
            faults.append(Fault(number, f"turn {number} is not one of the format ({error!r})"))
            continue
        columns["text"].append(text)
        columns["spans"].append(spans)
        columns["context"].append(", ".join(dict.fromkeys(asked)).replace("_", " "))
        lines.append(number)
    return RawRows(file, columns, lines, tuple(faults))


def _spans_of(words: list[str], marks: list[str]) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = []
    at = 0
    before = "O"
    for word, mark in zip(words, marks, strict=True):
        label = mark[2:]
        if mark.startswith("I-") and before[2:] == label:
            spans[-1]["end"] = at + len(word)
        elif mark != "O":
            spans.append({"start": at, "end": at + len(word), "label": label})
        at += len(word) + 1
        before = mark
    return spans
