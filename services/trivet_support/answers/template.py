"""A text with variables: `Your order {order_number} is on its way.`

A template holds names and nothing else: no attributes, no formats, no code, so whoever writes one can read nothing but
the variables that a message was given, and what fills one is never read as a template. A brace that is no part of a
name is refused: it would be a hole in what a customer reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trivet.errors import InputError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# A pair with whatever stands between, or one that has no other.
_BRACE = re.compile(r"\{[^{}]*\}?|\}")
_REMEDY = "Write {name}, with one brace on each side."


@dataclass(frozen=True)
class Template:
    """Texts and names by turns: `texts` has one more than `names`."""

    texts: tuple[str, ...]
    names: tuple[str, ...]

    def fill(self, variables: Mapping[str, str]) -> str:
        """The text with every name filled.

        Raises:
            KeyError: a variable is missing.
        """
        pieces = [self.texts[0]]
        for name, text in zip(self.names, self.texts[1:], strict=True):
            pieces += (variables[name], text)
        return "".join(pieces)

    def missing(self, variables: Mapping[str, str]) -> tuple[str, ...]:
        """The names that have no value, in their order."""
        return tuple(dict.fromkeys(name for name in self.names if not variables.get(name, "").strip()))


def read_template(text: str, *, pointer: str) -> Template:
    """The template that a text is.

    Raises:
        InputError: a brace is open, stray, or holds no name; `what` says at which character, `where` is `pointer`.
    """
    texts, names, start = [""], [], 0
    for found in _BRACE.finditer(text):
        at, piece = found.start(), found.group()
        texts[-1] += text[start:at]
        start = at + len(piece)
        if piece == "}":
            raise InputError(f"the brace at character {at + 1} closes nothing.", where=pointer, todo=_REMEDY)
        if not piece.endswith("}"):
            raise InputError(f"the brace at character {at + 1} is never closed.", where=pointer, todo=_REMEDY)
        name = piece[1:-1]
        if not _NAME.fullmatch(name):
            what = f"{piece!r} at character {at + 1} names no variable."
            raise InputError(what, where=pointer, todo="A name is of letters, digits and _, and begins with no digit.")
        texts.append("")
        names.append(name)
    texts[-1] += text[start:]
    return Template(tuple(texts), tuple(names))
