"""E-mail addresses, also of other scripts and beside words without a space."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trivet_service.privacy.folding import WORD

_LOCAL = rf"(?:{WORD}|[.+%'&~-]){{1,64}}"
_DOMAIN = rf"(?:(?:{WORD}|-){{1,63}}\.){{1,8}}(?!\d){WORD}{{2,63}}"
_EMAIL = re.compile(rf"(?<!{WORD})(?<![.+%'&~-]){_LOCAL}@{_DOMAIN}")
# One in Chinese, Japanese or Korean takes the words that stand beside it along.
_EASTERN = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}")


def find_emails(text: str) -> Iterator[tuple[int, int]]:
    """Where e-mail addresses stand."""
    if "@" not in text:
        return
    for pattern in (_EMAIL, _EASTERN):
        for match in pattern.finditer(text):
            yield match.span()
