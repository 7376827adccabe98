"""What a model's answer to a message says to a bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trivet_support.decision import choose, restrict
from trivet_support.schemas import Intent, OutOfScope, Parsed, Promise, Wanted

if TYPE_CHECKING:
    from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
    from trivet_support.turn import Turn


def read_answer(answer: ClassificationAnswer, *, turn: Turn, facts: ClassificationFacts) -> Parsed:
    """The answer as it goes out: ranking, decision, how foreign the message is, and what is promised."""
    ranking = restrict(answer.ranking, turn.allowed) if turn.allowed else answer.ranking
    intents = [Intent(name=name, confidence=round(chance, 4)) for name, chance in ranking[: turn.top]]
    point, decision = facts.operating_point, choose(answer, ranking, facts)
    return Parsed(
        intent=intents[0],
        intents=[Wanted(**dict(intents[0]))] if decision == "answer" else [],
        ranking=intents,
        decision=decision,
        out_of_scope=None
        if answer.novelty is None
        else OutOfScope(
            score=round(answer.novelty, 4),
            threshold=_rounded(facts.novelty_threshold),
            is_out_of_scope=decision == "out_of_scope",
        ),
        # The promise was measured over all intents that the model learnt; it does not hold among some of them, nor
        # beside a tenant's examples, where it rests on no rows.
        promise=None
        if point is None or not point.rows or turn.allowed
        else Promise(risk=point.risk, confidence=point.confidence, coverage=round(point.coverage, 4), held=point.held),
        truncated=answer.truncated,
        tokens=answer.tokens,
        # Like the promise, a set among some of the intents would be another one.
        conformal_set=None if answer.conformal_set is None or turn.allowed else list(answer.conformal_set),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
