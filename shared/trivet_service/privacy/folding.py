"""Texts in a form that recognisers read: the digits and marks of every script as those of ASCII, place by place."""

from __future__ import annotations

import unicodedata

# A letter or digit of a script that puts spaces between words; Chinese, Japanese and Korean words stand beside numbers
# and addresses without one.
WORD = r"[^\W\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]"


class _Folds(dict[int, int]):
    """What stands for a character, found once for each."""

    def __missing__(self, code: int) -> int:
        self[code] = folded = _fold(chr(code))
        return folded


_FOLDS = _Folds()


def fold(text: str) -> str:
    """The text with as many characters, so that places in one are places in the other.

    Digits of any script and full-width forms become those of ASCII, dashes a hyphen, spaces and what has no width a
    space.
    """
    return text if text.isascii() else text.translate(_FOLDS)


def _fold(character: str) -> int:
    code = ord(character)
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return ord("0") + digit
    if 0xFF01 <= code <= 0xFF5E:
        return code - 0xFEE0
    match unicodedata.category(character):
        case "Pd":
            return ord("-")
        case "Zs" | "Cf":
            return ord(" ")
        case _:
            return ord("-") if character == "\u2212" else code
