"""What a bot says to a message: one way for every route and every face of another product."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from trivet_support.answers.saying import Saying
from trivet_support.answers.template import read_template
from trivet_support.answers.variables import gather_variables
from trivet_support.encoding import embed_question
from trivet_support.phrases import phrase
from trivet_support.replies import Button, Citation, Reply, Responded

if TYPE_CHECKING:
    from fastapi import Request

    from trivet_service.context import Context
    from trivet_support.brain import Brain, Understood
    from trivet_support.knowledge.library import Hit
    from trivet_support.rules.fired import Fired
    from trivet_support.turn import Turn

_NONE: Mapping[str, str] = {}
# Passages that are tried where a rule keeps one from leaving.
_PASSAGES = 3


class Responder:
    """Understands a message and says what a customer reads."""

    def __init__(self, context: Context, brain: Brain) -> None:
        self._context = context
        self._brain = brain

    async def respond(self, request: Request, turn: Turn, *, variables: Mapping[str, str] = _NONE) -> Responded:
        """What was made of a message, and what to say to it; `variables` fill templates before anything else does.

        Raises what `Brain.understand` does.
        """
        understood = await self._brain.understand(request, turn)
        parsed = understood.only
        language = parsed.language if parsed.language not in ("", "other") else turn.language
        saying = Saying(
            desk=await self._brain.desks.of(request.state.caller.tenant),
            variables=gather_variables(
                parsed, given=variables, earlier=[kept.made for kept in understood.memory.turns]
            ),
            language=language or "en",
            channel=turn.channel,
            last=next((one.text for one in reversed(turn.history or understood.memory.said) if one.role == "bot"), ""),
        )
        stopped: list[Fired] = []
        reply = Reply(kind="hand_over", text=phrase("hand_over", saying.language))
        async for candidate in self._candidates(request, turn, understood, saying):
            ban = understood.ruling.ban_on([candidate.text, *(button.title for button in candidate.buttons)])
            if ban is None:
                reply = candidate
                break
            if ban.fired not in stopped:
                stopped.append(ban.fired)
        if stopped:
            traced = parsed.model_copy(update={"rules": [*parsed.rules, *stopped]})
            understood = replace(understood, parsed=(traced,))
        await self._brain.dialogue.keep_reply(request, turn, reply.text)
        return Responded(understood, reply)

    async def _candidates(
        self, request: Request, turn: Turn, understood: Understood, saying: Saying
    ) -> AsyncIterator[Reply]:
        """What may be said, best first; at last a person."""
        parsed, ruling = understood.only, understood.ruling
        if ruling.reply is not None:
            template = read_template(ruling.reply, pointer="")
            if not template.missing(saying.variables):
                yield Reply(kind="template", text=template.fill(saying.variables))
        elif parsed.decision == "answer":
            intent, several = parsed.intent.name, [wanted.name for wanted in parsed.intents]
            for reply in (*saying.about_all(several), *saying.about(intent), *saying.ask(intent)):
                yield reply
        if ruling.may_answer and ruling.reply is None and parsed.decision != "clarify":
            for hit in await self._look_up(request, turn, understood):
                yield _quote(hit)
        match parsed.decision:
            case "clarify":
                options = parsed.clarify.options if parsed.clarify else []
                buttons = [Button(title=one.label, payload=one.intent) for one in options]
                for reply in saying.on("clarify"):
                    yield reply.model_copy(update={"buttons": buttons})
            case "out_of_scope":
                for reply in saying.on("fall_back"):
                    yield reply
            case "answer" | "hand_over":
                pass
            case _:
                assert_never(parsed.decision)
        for reply in saying.on("hand_over"):
            yield reply

    async def _look_up(self, request: Request, turn: Turn, understood: Understood) -> Sequence[Hit]:
        """Passages of what the tenant knows that are near enough to the message to be claimed, best first."""
        model = understood.model
        library = await self._brain.desks.library(request.state.caller.tenant, model)
        if library is None or not library.passages:
            return ()
        vector = await embed_question(model, turn.text)
        return [hit for hit in library.search(turn.text, vector, count=_PASSAGES) if hit.is_claimed]


def _quote(hit: Hit) -> Reply:
    """A passage as a reply: its very words, and where they stand."""
    one = hit.passage
    citation = Citation(document=one.document, title=one.title, start=one.start, end=one.end)
    return Reply(kind="retrieved", text=one.text, citations=[citation])
