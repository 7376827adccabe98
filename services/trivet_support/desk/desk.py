"""What a tenant has told the bot to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trivet_support.answers.reply_set import Replies
from trivet_support.rules.rulebook import Rulebook


@dataclass(frozen=True)
class Desk:
    """Replies by intent, and the rules; never changed, only replaced."""

    replies: Mapping[str, Replies] = field(default_factory=dict)
    rulebook: Rulebook = field(default_factory=Rulebook)


EMPTY = Desk()
