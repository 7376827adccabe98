"""The step of understanding in which business rules have their say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from trivet_support.rules.condition import Situation

if TYPE_CHECKING:
    from trivet_support.desk.desk import Desk
    from trivet_support.rules.ruling import Ruling
    from trivet_support.schemas import Parsed
    from trivet_support.turn import Turn


def judge(desk: Desk, turn: Turn, parsed: Parsed, *, before: int = 0) -> Ruling:
    """What a tenant's rules say about a message, `before` which the customer has written so many."""
    here = Situation(
        text=turn.text,
        intent=parsed.intent.name,
        confidence=parsed.intent.confidence,
        decision=parsed.decision,
        now=turn.written.timestamp() if turn.written else time.time(),
        entities=frozenset(one.entity for one in parsed.entities),
        language=parsed.language or turn.language,
        channel=turn.channel,
        turn=before + 1,
    )
    return desk.rulebook.judge(here)
