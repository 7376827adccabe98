"""Where the tokens of a text stand in it, counted in characters (code points)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Subtokens = Literal["first", "all"]
Indices = NDArray[np.int64]
JOINER = "\u200d"


@dataclass(frozen=True, eq=False)
class Spelling:
    """A text with the ends I64[T,2] of its tokens and the word I64[T] each belongs to; -1: to none of the text's."""

    text: str
    offsets: Indices
    words: Indices


@dataclass(frozen=True, eq=False)
class Units:
    """The pieces of a text that get a tag each: its token, first character and the one after its last, I64[U].

    Pieces do not begin or end with a blank, and no combining mark is cut from its letter.
    """

    tokens: Indices
    starts: Indices
    ends: Indices

    def __len__(self) -> int:
        return len(self.tokens)


def find_units(spelling: Spelling, subtokens: Subtokens) -> Units:
    """With `first` a piece is a word, tagged at its first token; with `all` a piece is a token.

    Words are those of the tokenizer: between blanks and punctuation, a Chinese character by itself.
    """
    found: list[list[int]] = []
    last = -1
    for token, (word, (start, end)) in enumerate(zip(spelling.words.tolist(), spelling.offsets.tolist(), strict=True)):
        if word < 0:
            continue
        if subtokens == "first" and word == last:
            found[-1][2] = max(found[-1][2], end)
        else:
            found.append([token, start, end])
        last = word
    pieces = [(token, *trim(spelling.text, start, end)) for token, start, end in found]
    kept = np.array([piece for piece in pieces if piece[1] < piece[2]], dtype=np.int64).reshape(-1, 3)
    return Units(kept[:, 0], kept[:, 1], kept[:, 2])


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The ends without blanks, and with the combining marks and joiners that follow the last letter."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end < len(text) and (text[end] == JOINER or unicodedata.category(text[end]).startswith("M")):
        end += 1
    return start, end
