"""How the messages of one request are made sense of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts
from trivet.errors import ArtifactError, InputError
from trivet_support.clauses import Clause, cut_clauses
from trivet_support.entities.extraction import find_entities
from trivet_support.language import tell_language
from trivet_support.points.point import Point, choose_point
from trivet_support.points.schemas import tell_point
from trivet_support.reading import read_answer, read_labels, tell_several
from trivet_support.schemas import Parsed, Wanted
from trivet_support.scope import Scope

if TYPE_CHECKING:
    from trivet.artifact.answering import Answer
    from trivet_service.model import Model
    from trivet_support.desk.desk import Desk
    from trivet_support.entities.entity import Entity
    from trivet_support.entities.spotter import Spotter
    from trivet_support.entities.tagger import Tagger
    from trivet_support.turn import Turn

# What a clause has to reach besides the operating point, so that messages of one intent are hardly ever split: chosen
# on the validation rows of CLINC150 and BANKING77-OOS (decision 0024).
_CLAUSE_FROM = 0.7


@dataclass(frozen=True)
class Sense:
    """A model with the operating point that decides, what tells the scope, and what finds entities.

    `facts` are the model's with that point in them.
    """

    facts: ClassificationFacts | MultilabelFacts
    scope: Scope
    point: Point | None
    spotters: Mapping[str, Spotter]
    tagger: Tagger | None

    @classmethod
    def of(cls, model: Model, desk: Desk, turn: Turn, tagger: Tagger | None) -> Self:
        """That of a request, all of whose messages have the options of `turn`.

        Raises:
            ArtifactError: the model tells no intents.
            InputError: an allowed intent, an operating point or an entity that there is not.
        """
        facts = check_facts(model, turn)
        names, types = turn.entities, () if tagger is None else tagger.types
        spotters = desk.extraction.choose(names, also=types)
        tagger = tagger if names is None or set(names) & set(types) else None
        if isinstance(facts, MultilabelFacts):
            if turn.point:
                raise InputError("a model of any number of intents has a threshold each.", where="/operating_point")
            return cls(facts, Scope.of(model.artifact), None, spotters, tagger)
        point = choose_point(turn.point, desk.points, model)
        decides = facts if point is None else point.decides_over(facts)
        return cls(decides, Scope.of(model.artifact), point, spotters, tagger)

    def depth(self, turn: Turn) -> int:
        """How many intents to rank: all where some are left out afterwards, two at least to tell whether to ask."""
        return len(self.facts.labels) if turn.allowed else max(2, turn.top)

    def clauses(self, turn: Turn) -> tuple[Clause, ...]:
        """What is to be read beside the message itself; of a model that tells several intents nothing."""
        is_asked = turn.several and isinstance(self.facts, ClassificationFacts)
        return cut_clauses(turn.text) if is_asked else ()

    def read(self, turn: Turn, answers: Sequence[Answer | Exception]) -> Parsed:
        """What a message wants by the answers to itself and to its clauses, in this order.

        Raises:
            Exception: what went wrong with the message itself.
        """
        whole = answers[0]
        if isinstance(whole, Exception):
            raise whole
        if isinstance(whole, MultilabelAnswer):
            return read_labels(whole, turn=turn, kind=self.scope.kind_of(turn.text, whole))
        assert isinstance(whole, ClassificationAnswer), "asked of models that tell intents"
        assert isinstance(self.facts, ClassificationFacts), "answers are of the facts' kind"
        parsed = read_answer(whole, turn=turn, facts=self.facts, kind=self.scope.kind_of(turn.text, whole))
        wanted = self._want(turn, answers[1:])
        parsed = tell_several(parsed, wanted) if len(wanted) > 1 else parsed
        if self.point is None:
            return parsed
        is_promised = not turn.allowed and len(wanted) < 2
        return parsed.model_copy(update={"operating_point": tell_point(self.point, is_promised=is_promised)})

    def _want(self, turn: Turn, answers: Sequence[Answer | Exception]) -> list[Wanted]:
        """The intents of clauses that would each be answered, every one once, in the order of the message."""
        found: dict[str, Wanted] = {}
        for clause, answer in zip(self.clauses(turn), answers, strict=False):
            if not isinstance(answer, ClassificationAnswer) or self.scope.kind_of(clause.text, answer) is not None:
                continue
            assert isinstance(self.facts, ClassificationFacts), "answers are of the facts' kind"
            one = read_answer(answer, turn=turn, facts=self.facts)
            if one.decision == "answer" and one.confidence >= _CLAUSE_FROM and one.label not in found:
                found[one.label] = Wanted(name=one.label, confidence=one.confidence, start=clause.start, end=clause.end)
        return list(found.values())

    async def name(self, turns: Sequence[Turn], parsed: Sequence[Parsed]) -> list[Parsed]:
        """The same with language and entities. Raises what asking the tagger raises."""
        tagged = [()] * len(turns) if self.tagger is None else await self.tagger.find([turn.text for turn in turns])
        if self.spotters:
            return await asyncio.to_thread(self._name, turns, parsed, tagged)
        return self._name(turns, parsed, tagged)

    def _name(
        self, turns: Sequence[Turn], parsed: Sequence[Parsed], tagged: Sequence[Sequence[Entity]]
    ) -> list[Parsed]:
        named = []
        for turn, one, also in zip(turns, parsed, tagged, strict=True):
            language = turn.language or tell_language(turn.text)
            entities: list[Entity] = []
            if self.spotters or also:
                written = turn.written or datetime.now(UTC)
                wanted = [span for span in also if turn.entities is None or span.entity in turn.entities]
                entities = find_entities(turn.text, self.spotters, language=language, written=written, also=wanted)
            named.append(one.model_copy(update={"language": language, "entities": entities}))
        return named


def check_facts(model: Model, turn: Turn) -> ClassificationFacts | MultilabelFacts:
    """The facts of a model that tells intents and knows those that a turn allows.

    Raises:
        ArtifactError: it does something else.
        InputError: it does not know one of them.
    """
    facts = model.artifact.facts
    if not isinstance(facts, ClassificationFacts | MultilabelFacts):
        raise ArtifactError(f"it tells no intents: its task is {facts.kind}.", where=model.name)
    for at, name in enumerate(turn.allowed):
        if name not in facts.labels:
            raise InputError(f"there is no intent {name!r}.", where=f"/allowed_intents/{at}")
    return facts
