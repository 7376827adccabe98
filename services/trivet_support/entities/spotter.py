"""What finds an entity in a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from trivet_support.entities.entity import Entity

# Entities are looked for so far into a message.
MOST_CHARACTERS = 4_096


@dataclass(frozen=True)
class Message:
    """A text, its language (`en`, `zh`, another, or empty) and when it was written."""

    text: str
    language: str
    written: datetime


class Spotter(Protocol):
    """Finds one entity; safe to use from many threads."""

    def find(self, message: Message) -> Iterator[Entity]:
        """Everything of its kind in a message, in any order; some of it may overlap."""
        ...
