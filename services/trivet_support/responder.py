"""What a bot says to a message: one way for every route and every face of another product."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from trivet_support.phrases import phrase, title_of
from trivet_support.replies import Button, Reply, Responded

if TYPE_CHECKING:
    from fastapi import Request

    from trivet_service.context import Context
    from trivet_support.brain import Brain
    from trivet_support.schemas import Parsed
    from trivet_support.turn import Turn


class Responder:
    """Understands a message and says what a customer reads."""

    def __init__(self, context: Context, brain: Brain) -> None:
        self._context = context
        self._brain = brain

    async def respond(self, request: Request, turn: Turn) -> Responded:
        """What was made of a message, and what to say to it.

        Raises what `Brain.understand` does.
        """
        understood = await self._brain.understand(request, turn)
        return Responded(understood, reply_to(understood.only, language="en"))


def reply_to(parsed: Parsed, *, language: str) -> Reply:
    """What a decision says by itself."""
    match parsed.decision:
        case "clarify":
            buttons = [Button(title=title_of(one.name), payload=one.name) for one in parsed.ranking[:2]]
            return Reply(kind="clarify", text=phrase("clarify", language), buttons=buttons)
        case "out_of_scope":
            return Reply(kind="fall_back", text=phrase("fall_back", language))
        case "answer" | "hand_over":
            return Reply(kind="hand_over", text=phrase("hand_over", language))
        case _:
            assert_never(parsed.decision)
