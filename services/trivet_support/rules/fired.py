"""A business rule that took effect on a message."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

Effect: TypeAlias = Literal[
    "force_intent", "hand_over", "escalate", "fall_back", "reply", "forbid_answer", "forbid_phrases"
]
Urgency: TypeAlias = Literal["low", "normal", "high", "urgent"]


class Fired(BaseModel):
    """Which rule it was, what it did, and why its author wanted that."""

    name: str
    effect: Effect
    because: str
    urgency: Urgency | None = Field(None, exclude_if=lambda found: found is None, description="Of an escalation.")
