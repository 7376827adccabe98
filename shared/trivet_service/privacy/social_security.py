"""Social security numbers of the United States, written with hyphens as they always are."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = re.compile(r"(?<![0-9A-Za-z_-])(?<!\d[.,])\d{3}-\d{2}-\d{4}(?![0-9A-Za-z_]|[-.,]\d)")


def find_social_security(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers stand that may have been issued."""
    for match in _NUMBER.finditer(text):
        from stdnum.us import ssn

        if ssn.is_valid(match.group()):
            yield match.span()
