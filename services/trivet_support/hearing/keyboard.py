"""Where letters lie on a keyboard."""

from __future__ import annotations

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_PLACES = {letter: (row, at) for row, letters in enumerate(_ROWS) for at, letter in enumerate(letters)}


def are_beside(one: str, other: str) -> bool:
    """Whether a finger that wants one key may land on the other."""
    here, there = _PLACES.get(one), _PLACES.get(other)
    return here is not None and there is not None and abs(here[0] - there[0]) <= 1 and abs(here[1] - there[1]) <= 1


def beside(letter: str) -> str:
    """The letters beside one, in order."""
    return "".join(other for other in sorted(_PLACES) if other != letter and are_beside(letter, other))
