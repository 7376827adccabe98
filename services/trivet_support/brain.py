"""How a message is understood: one way for every route and every face of another product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from trivet_service.batches import Answering, Failed
from trivet_support.asking import OPTIONS, ask_back, take_pick
from trivet_support.composed import read_history, tell_context
from trivet_support.desk.desks import Desks
from trivet_support.dialogue import Dialogue, Memory
from trivet_support.entities.tagger import open_tagger
from trivet_support.growth.growth import Growth
from trivet_support.handover import summarise
from trivet_support.hearing.vocabulary import Vocabularies
from trivet_support.rules.ruling import NO_RULING, Ruling
from trivet_support.rules.step import judge
from trivet_support.schemas import Parsed
from trivet_support.sense import Sense
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

    async def take(self, request: Request) -> Model:
        """The model that answers a request, with what the tenant's examples say beside it."""
        return await self._growth.take(request)

    async def understand(self, request: Request, turn: Turn) -> Understood:
        """What one message wants.

        Raises:
            InputError: the message holds no word, or an allowed intent that there is not; `where` is a JSON pointer.
            OverloadError: it would wait longer than the deadline.
            StoreUnavailableError: its dialogue cannot be read, or not be added to.
        """
        model = await self._growth.take(request)
        desk = await self.desks.of(request.state.caller.tenant)
        sense = Sense.of(model, desk, turn, open_tagger(self._context.models))
        async with self.dialogue.follow(request, turn) as memory:
            parsed = take_pick(model, turn, memory) or await self._read(model, turn, memory, sense)
            [parsed] = await sense.name([turn], [parsed])
            said = turn.history or memory.said
            ruling = judge(desk, turn, parsed, before=sum(one.role == "user" for one in said))
            parsed = close_turn(ruling.overrule(parsed), turn, memory)
            self._answering(request, model).note([turn.text], [parsed])
            await self.dialogue.keep(request, memory, turn, parsed)
        return Understood(model, (parsed,), ruling, memory)

    async def _read(self, model: Model, turn: Turn, memory: Memory, sense: Sense) -> Parsed:
        """What the model makes of a message with its history in front, and of its clauses where it may want more."""
        heard = self.vocabularies.hear(model.artifact, turn)
        composed = read_history(model, heard, memory.said)
        parts = [composed.text, *self._hear_clauses(model, turn, sense)]
        parsed = sense.read(_asking(turn), await model.read(parts, top=sense.depth(turn)))
        return parsed.model_copy(update={"context_used": await tell_context(model, heard, composed, parsed.label)})

    async def understand_many(self, request: Request, turns: Sequence[Turn]) -> Understood:
        """What many messages want, each for itself; they have the same allowed intents. Raises as `understand`."""
        model = await self._growth.take(request)
        first, texts = turns[0], [turn.text for turn in turns]
        desk = await self.desks.of(request.state.caller.tenant)
        sense = Sense.of(model, desk, first, open_tagger(self._context.models))
        heard = [self.vocabularies.hear(model.artifact, turn).text for turn in turns]
        clauses = [self._hear_clauses(model, turn, sense) for turn in turns]
        # Clauses come after all messages, so that whatever is wrong with one of these is told by its place.
        outcomes = await model.read_many([*heard, *chain.from_iterable(clauses)], top=sense.depth(first))
        beside = iter(outcomes[len(turns) :])
        read: list[tuple[Turn, Parsed] | Exception] = []
        for turn, outcome, own in zip(turns, outcomes, clauses, strict=False):
            answers = [outcome, *islice(beside, len(own))]
            read.append(outcome if isinstance(outcome, Exception) else (turn, sense.read(_asking(turn), answers)))
        good = [one for one in read if not isinstance(one, Exception)]
        named = iter(await sense.name([turn for turn, _ in good], [parsed for _, parsed in good]))

        def close(told: tuple[Turn, Parsed]) -> Parsed:
            turn, parsed = told[0], next(named)
            return close_turn(judge(desk, turn, parsed).overrule(parsed), turn, _NO_MEMORY)

        return Understood(model, tuple(self._answering(request, model).render(texts, read, close)))

    def _hear_clauses(self, model: Model, turn: Turn, sense: Sense) -> list[str]:
        """The clauses of a message as the model should read them."""
        return [
            self.vocabularies.hear(model.artifact, replace(turn, text=clause.text)).text
            for clause in sense.clauses(turn)
        ]

    def _answering(self, request: Request, model: Model) -> Answering:
        return Answering(request, self._context, model, risk_of=lambda parsed: parsed.promised_risk)


def _asking(turn: Turn) -> Turn:
    """The turn with room for a question: it names two intents, however short a ranking was asked for."""
    return replace(turn, top=max(turn.top, OPTIONS))


def close_turn(parsed: Parsed, turn: Turn, memory: Memory) -> Parsed:
    """The answer with what its decision calls for: a question back, or a summary for who takes over."""
    told = summarise(ask_back(parsed, turn, memory), turn, memory)
    return told.model_copy(update={"ranking": told.ranking[: turn.top]})
