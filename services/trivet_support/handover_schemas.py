"""What a person is told who takes a dialogue over."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, Field

HandOverReason: TypeAlias = Literal["unsure", "asked_twice", "rule"]


class Named(BaseModel):
    """A thing that a message named, redacted."""

    entity: str
    value: str


class Seen(BaseModel):
    """An intent that came up: the highest confidence it had, and whether it was answered."""

    name: str
    confidence: float
    answered: bool


class HandOver(BaseModel):
    """A dialogue in short: its own words, and what was made of them; no model writes any of it."""

    reason: HandOverReason
    summary: str = Field(description="A few sentences for a person, redacted.")
    intents_seen: list[Seen] = Field(description="In the order in which they came up.")
    entities: list[Named]
    turns: int = Field(description="Messages of the customer that are remembered, the last one included.")
