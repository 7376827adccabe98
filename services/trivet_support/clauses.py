"""A message cut into clauses, each of which may want something of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Of a long message the first clauses are read, so that it cannot ask for any number of rows of the graph.
MOST = 8
# Shorter pieces want nothing: `hi`, `and`, 你好.
_LEAST_WORDS, _LEAST_SIGNS = 2, 3

_CONNECTIVES = (
    r"and also|and then|and i|and can|and could|and how|and what|and why|and when|and where|and is|and please|also"
    r"|as well as|plus|additionally|besides|furthermore|in addition|by the way|on top of that|another thing"
    r"|one more thing|secondly|after that|and"
)
_EASTERN = "另外|还有|並且|并且|而且|同时|同時|顺便|順便|此外|以及|然后|然後|再帮我|也想"
# A full stop between digits or letters, as in 3.50 or e.g., ends nothing.
_BORDER = re.compile(
    rf"[.!?]+(?=\s|$)|[;\n]+|[。！？；，]+|,(?=\s)|(?:(?<=\s)|(?<=^))(?:{_CONNECTIVES})(?=\s)|{_EASTERN}", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_SIGN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True)
class Clause:
    """Characters `start` to `end` (without) of a message."""

    text: str
    start: int
    end: int


def cut_clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a message in order, `MOST` at most; none where it is a single one."""
    found = [clause for clause in _between_borders(text) if _says_something(clause.text)][:MOST]
    return tuple(found) if len(found) > 1 else ()


def _between_borders(text: str) -> Iterator[Clause]:
    start = 0
    for border in _BORDER.finditer(text):
        yield _trimmed(text, start, border.start())
        start = border.end()
    yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Clause:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Clause(piece.strip(), start, start + len(piece.strip()))


def _says_something(text: str) -> bool:
    return len(_WORD.findall(text)) >= _LEAST_WORDS or len(_SIGN.findall(text)) >= _LEAST_SIGNS
