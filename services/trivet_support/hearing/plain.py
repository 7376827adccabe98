"""A message as a model reads it: without emoji, politeness around it and slips of the finger."""

from __future__ import annotations

import re

from trivet_support.hearing.politeness import drop_politeness
from trivet_support.hearing.spelling import Spelling

_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")


def make_plain(text: str, spelling: Spelling | None = None) -> str:
    """The message as it would have been typed plainly; one that holds nothing else stays as it is."""
    bare = " ".join(_EMOJI.sub(" ", text).split()) if _EMOJI.search(text) else text
    if not bare:
        return text
    bare = drop_politeness(bare)
    return bare if spelling is None else spelling.mend(bare)
