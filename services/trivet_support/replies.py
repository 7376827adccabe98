"""What a bot says to a customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from trivet_support.brain import Understood

ReplyKind = Literal["template", "retrieved", "clarify", "fall_back", "hand_over"]


class Button(BaseModel):
    """A choice that a customer may take; `payload` is what their client sends back."""

    title: str
    payload: str


class Citation(BaseModel):
    """Where a passage stands: the document, and the characters `start` to `end` (without) of its text."""

    document: str
    title: str
    start: int
    end: int


class Reply(BaseModel):
    """What to say."""

    kind: ReplyKind
    text: str
    buttons: list[Button] = Field(default_factory=list)
    citations: list[Citation] = Field(default_factory=list)
    asks_for: str | None = Field(
        None,
        exclude_if=lambda name: name is None,
        description="The variable that a question is about; `kind` is `clarify`.",
    )


@dataclass(frozen=True)
class Responded:
    """What was made of a message, and what is said to it."""

    understood: Understood
    reply: Reply
