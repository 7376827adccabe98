"""Sentences with tags a token, of which the sentence and its intent are read: CoNLL, and lines of tokens and tags."""

from __future__ import annotations

import re

from trivet.data.formats.decode import decode, split_lines
from trivet.data.formats.lines import read_paired
from trivet.data.formats.raw import Fault, RawRows

COMMENT = re.compile(r"#\s*(text|intent)\s*[:=]\s*(.*)")


def read_conll(content: bytes, *, file: str, encoding: str = "utf-8") -> RawRows:
    """A row a sentence, from its comments `# text = ...` and `# intent = ...`; sentences end at a blank line.

    Raises:
        DataError: undecodable bytes.
    """
    rows: list[tuple[str, str]] = []
    starts: list[int] = []
    faults: list[Fault] = []
    known: dict[str, str] = {}
    begun = 0
    for number, line in enumerate([*split_lines(decode(content, file=file, encoding=encoding)), ""], start=1):
        found = COMMENT.match(line)
        if line.strip():
            begun = begun or number
            if found:
                known[found[1]] = found[2].strip()
            continue
        if begun:
            if {"text", "intent"} <= known.keys():
                rows.append((known["text"], known["intent"]))
                starts.append(begun)
            else:
                faults.append(Fault(begun, "a sentence lacks its comment of text or intent"))
        known, begun = {}, 0
    texts, intents = zip(*rows, strict=True) if rows else ((), ())
    return RawRows(file, {"text": texts, "label": intents}, starts, tuple(faults))


def read_intents(texts: bytes, tags: bytes, *, file: str, tags_file: str, encoding: str = "utf-8") -> RawRows:
    """Rows whose text is a line of tokens, and whose label stands after the tab of the same line of the other file.

    Raises:
        DataError: undecodable bytes, or files of different length.
    """
    raw = read_paired(texts, tags, file=file, labels_file=tags_file, encoding=encoding)
    parts = [str(line).rpartition("\t") for line in raw.columns["label"]]
    faults = tuple(Fault(at, "there is no label after a tab") for at, part in enumerate(parts, start=1) if not part[1])
    return RawRows(file, {"text": raw.columns["text"], "label": [label for _, _, label in parts]}, raw.lines, faults)
