"""The language of messages, by the letters they are written in."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
)


def tell_languages(texts: Sequence[str]) -> list[str]:
    """A name for each message: that of its script, `latin` for letters of Latin."""
    return [next((name for name, script in _SCRIPTS if script.search(text)), "latin") for text in texts]
