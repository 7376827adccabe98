"""Keys and tokens that open something: ours, and those of others whose form tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_KEY = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"trivet_[0-9a-f]{6,}_[0-9a-f]{16,}"
    r"|whsec_[0-9A-Za-z+/=_-]{16,}"
    r"|[sr]k[-_][0-9A-Za-z_-]{20,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|gh[pousr]_[0-9A-Za-z]{30,}"
    r"|glpat-[0-9A-Za-z_-]{20,}"
    r"|xox[abeoprs]-[0-9A-Za-z-]{10,}"
    r"|eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*"
    r")(?![0-9A-Za-z])"
)


def find_keys(text: str) -> Iterator[tuple[int, int]]:
    """Where API keys and tokens stand."""
    for match in _KEY.finditer(text):
        yield match.span()
