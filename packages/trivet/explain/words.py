"""The words of a text, in any script, by the Unicode categories of its characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Joins emoji to one picture, and letters of some scripts to one form.
_JOINER = "\u200d"
# Between two letters they belong to the word: don't, l'eau, rock’n’roll, 3.5, 1,000.
_INSIDE = frozenset("'’.,_")
# Scripts that put no space between words: there each character with its marks is taken for a word.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True)
class Span:
    """From character `start` up to, without, character `end` of a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


def split_words(text: str) -> tuple[Span, ...]:
    """The words of a text in order: runs of letters, digits and their marks, and single symbols (emoji, currencies).

    Punctuation and spaces belong to no word. In scripts that do not part words, a character is one.
    """
    return tuple(_words(text))


def _words(text: str) -> Iterator[Span]:
    start = 0
    while start < len(text):
        kind = _kind(text[start])
        if kind == "none":
            start += 1
            continue
        end = _after_marks(text, start + 1)
        while kind == "letter" and end < len(text):
            joined = end + 1 if text[end] in _INSIDE and end + 1 < len(text) else end
            if _kind(text[joined]) != "letter":
                break
            end = _after_marks(text, joined + 1)
        yield Span(start, end)
        start = end


def _after_marks(text: str, at: int) -> int:
    """The first place from `at` on that is no accent, vowel sign, skin tone or joined picture."""
    while at < len(text):
        if text[at] == _JOINER and at + 1 < len(text) and unicodedata.category(text[at + 1]) == "So":
            at += 2
        elif text[at] == _JOINER or unicodedata.category(text[at]) in {"Mn", "Mc", "Me", "Sk"}:
            at += 1
        else:
            return at
    return at


def _kind(character: str) -> str:
    """`letter`, or `single` for what is a word by itself, or `none`."""
    category = unicodedata.category(character)
    if category[0] in "LN":
        point = ord(character)
        return "single" if any(low <= point <= high for low, high in _UNSPACED) else "letter"
    return "single" if category in {"So", "Sc", "Sm"} else "none"
