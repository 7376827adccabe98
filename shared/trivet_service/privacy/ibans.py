"""International bank account numbers (ISO 13616), in capitals or not, in groups or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CANDIDATE = re.compile(r"(?<![0-9A-Za-z_])[A-Z]{2}\d{2}(?:[ .-]?[0-9A-Z]){11,30}", re.IGNORECASE)
_SHORTEST = 15
_SEPARATORS = str.maketrans("", "", " .-")


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
    """Where account numbers stand whose check digits are right and whose form is that of their country."""
    if _CANDIDATE.search(text) is None:
        return
    from stdnum import iban

    for match in _CANDIDATE.finditer(text):
        start, end = match.span()
        # The words that follow look like more of it: the number ends where it is right.
        while end - start >= _SHORTEST:
            ends_here = end == len(text) or not (text[end].isascii() and text[end].isalnum())
            if ends_here and iban.is_valid(text[start:end].translate(_SEPARATORS), check_country=False):
                yield start, end
                break
            end -= 1
