"""An intent of a tenant and an example of it, as they are kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from trivet.data.overlap import normalise

Source: TypeAlias = Literal["api", "bulk", "inbox"]

MAX_INTENTS = 2_000
MAX_EXAMPLES = 20_000
# In one request: each costs a row of the graph while the caller waits.
MAX_ROWS = 5_000
MAX_NAME = 100


@dataclass(frozen=True)
class Intent:
    """An intent with the number of its examples; times are seconds since 1970."""

    name: str
    description: str
    created_at: float
    changed_at: float
    examples: int = 0


@dataclass(frozen=True)
class Example:
    """Something that a customer says who wants the intent; `revision` is that of the tenant's rows which brought it."""

    id: str
    intent: str
    text: str
    source: Source
    created_at: float
    revision: int


@dataclass(frozen=True)
class Phrase:
    """A text that is to become an example; `place` says where it stands in what was sent."""

    intent: str
    text: str
    place: str


def hash_text(text: str) -> str:
    """The same for texts that differ in case, blanks and punctuation alone."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:32]
