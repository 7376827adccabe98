"""What a tenant has told the bot to say, to look for and to be sure of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trivet_support.answers.reply_set import Replies
from trivet_support.entities.extraction import Extraction
from trivet_support.points.point import Declared
from trivet_support.rules.rulebook import Rulebook


@dataclass(frozen=True)
class Desk:
    """Replies by intent, the rules, entities, and operating points by name; never changed, only replaced."""

    replies: Mapping[str, Replies] = field(default_factory=dict)
    rulebook: Rulebook = field(default_factory=Rulebook)
    extraction: Extraction = field(default_factory=Extraction)
    points: Mapping[str, Declared] = field(default_factory=dict)


EMPTY = Desk()
