"""How a message is understood: one way for every route and every face of another product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.errors import ArtifactError, InputError
from trivet_service.batches import Answering, Failed
from trivet_support.asking import OPTIONS, ask_back, take_pick
from trivet_support.desk.desks import Desks
from trivet_support.dialogue import Dialogue, Memory
from trivet_support.growth.growth import Growth
from trivet_support.handover import summarise
from trivet_support.hearing.vocabulary import Vocabularies
from trivet_support.history import read_history, tell_context
from trivet_support.reading import read_answer
from trivet_support.rules.ruling import NO_RULING, Ruling
from trivet_support.rules.step import judge
from trivet_support.schemas import Parsed
from trivet_support.turn import Turn

if TYPE_CHECKING:
    from fastapi import Request

    from trivet_service.context import Context
    from trivet_service.model import Model

_NO_MEMORY = Memory()


@dataclass(frozen=True)
class Understood:
    """What was made of messages, in their order, and the model that did.

    Of one message alone also what the rules said, and what was remembered of its dialogue.
    """

    model: Model
    parsed: tuple[Parsed | Failed, ...]
    ruling: Ruling = NO_RULING
    memory: Memory = _NO_MEMORY

    @property
    def only(self) -> Parsed:
        """What was made of the one message that was asked about."""
        (one,) = self.parsed
        assert isinstance(one, Parsed), "one message alone raises what went wrong with it"
        return one


class Brain:
    """Understands messages with the model that answers a request, and notes what it made of them."""

    def __init__(self, context: Context, dialogue: Dialogue, desks: Desks, growth: Growth) -> None:
        self.dialogue = dialogue
        self.desks = desks
        self._context = context
        self.vocabularies = Vocabularies(context.settings)
        self._growth = growth

    async def understand(self, request: Request, turn: Turn) -> Understood:
        """What one message wants.

        Raises:
            InputError: the message holds no word, or an allowed intent that there is not; `where` is a JSON pointer.
            OverloadError: it would wait longer than the deadline.
            StoreUnavailableError: its dialogue cannot be read, or not be added to.
        """
        model = await self._growth.take(request)
        facts = check_facts(model, turn)
        async with self.dialogue.follow(request, turn) as memory:
            parsed = take_pick(model, turn, memory) or await self._read(model, turn, memory, facts)
            desk = await self.desks.of(request.state.caller.tenant)
            said = turn.history or memory.said
            ruling = judge(desk, turn, parsed, before=sum(one.role == "user" for one in said))
            parsed = close_turn(ruling.overrule(parsed), turn, memory)
            is_promised = not turn.allowed and not ruling.is_changed and parsed.picked_from is None
            Answering(request, self._context, model, is_promised=is_promised).note([turn.text], [parsed])
            await self.dialogue.keep(request, memory, turn, parsed)
        return Understood(model, (parsed,), ruling, memory)

    async def _read(self, model: Model, turn: Turn, memory: Memory, facts: ClassificationFacts) -> Parsed:
        """What the model makes of a message with its history in front."""
        composed = read_history(model, self.vocabularies.hear(model.artifact, turn), memory.said)
        answer = await model.answer(composed.text, top=depth(turn, facts))
        # A question names two intents, however short a ranking was asked for.
        parsed = read_answer(answer, turn=replace(turn, top=max(turn.top, OPTIONS)), facts=facts)
        return parsed.model_copy(update={"context_used": await tell_context(model, turn, composed, answer.label)})

    async def understand_many(self, request: Request, turns: Sequence[Turn]) -> Understood:
        """What many messages want, each for itself; they have the same allowed intents. Raises as `understand`."""
        model = await self._growth.take(request)
        first, texts = turns[0], [turn.text for turn in turns]
        facts = check_facts(model, first)
        heard = [self.vocabularies.hear(model.artifact, turn).text for turn in turns]
        outcomes = await model.answer_many(heard, top=depth(first, facts))
        desk = await self.desks.of(request.state.caller.tenant)

        def read(told: tuple[Turn, ClassificationAnswer]) -> Parsed:
            parsed = read_answer(told[1], turn=replace(told[0], top=max(told[0].top, OPTIONS)), facts=facts)
            return close_turn(judge(desk, told[0], parsed).overrule(parsed), told[0], _NO_MEMORY)

        told = [
            outcome if isinstance(outcome, Exception) else (turn, outcome)
            for turn, outcome in zip(turns, outcomes, strict=True)
        ]
        answering = Answering(request, self._context, model, is_promised=not first.allowed)
        return Understood(model, tuple(answering.render(texts, told, read)))


def close_turn(parsed: Parsed, turn: Turn, memory: Memory) -> Parsed:
    """The answer with what its decision calls for: a question back, or a summary for who takes over."""
    told = summarise(ask_back(parsed, turn, memory), turn, memory)
    return told.model_copy(update={"ranking": told.ranking[: turn.top]})


def check_facts(model: Model, turn: Turn) -> ClassificationFacts:
    """The facts of a model that classifies and knows the intents that a turn allows.

    Raises:
        ArtifactError: it does something else.
        InputError: it does not know one of them.
    """
    facts = model.artifact.facts
    if not isinstance(facts, ClassificationFacts):
        raise ArtifactError(f"it does not classify: its task is {facts.kind}.", where=model.name)
    for at, name in enumerate(turn.allowed):
        if name not in facts.labels:
            raise InputError(f"there is no intent {name!r}.", where=f"/allowed_intents/{at}")
    return facts


def depth(turn: Turn, facts: ClassificationFacts) -> int:
    """How many intents to rank: all of them where some are left out afterwards, two at least to tell whether to ask."""
    return len(facts.labels) if turn.allowed else max(2, turn.top)
