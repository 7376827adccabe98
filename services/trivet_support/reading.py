"""What a model's answer to a message says to a bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trivet_support.decision import Ranking, choose, restrict
from trivet_support.schemas import Intent, OutOfScope, Parsed, Promise, Wanted

if TYPE_CHECKING:
    from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
    from trivet.answers.multilabel import MultilabelAnswer
    from trivet_support.schemas import Kind
    from trivet_support.turn import Turn


def read_answer(
    answer: ClassificationAnswer, *, turn: Turn, facts: ClassificationFacts, kind: Kind | None = None
) -> Parsed:
    """The answer as it goes out: ranking, decision, how foreign the message is, and what is promised.

    The operating point of the facts decides; a message of a `kind` belongs to no intent, whatever the model says.
    """
    ranking = restrict(answer.ranking, turn.allowed) if turn.allowed else answer.ranking
    intents = rank(ranking, turn)
    point = facts.operating_point
    decision = "out_of_scope" if kind is not None else choose(answer, ranking, facts)
    return Parsed(
        intent=intents[0],
        intents=[Wanted(**dict(intents[0]))] if decision == "answer" else [],
        ranking=intents,
        decision=decision,
        out_of_scope=None
        if answer.novelty is None and kind is None
        else OutOfScope(
            score=1.0 if answer.novelty is None else round(answer.novelty, 4),
            threshold=rounded(facts.novelty_threshold),
            is_out_of_scope=decision == "out_of_scope",
            kind=kind,
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


def read_labels(answer: MultilabelAnswer, *, turn: Turn, kind: Kind | None) -> Parsed:
    """As `read_answer`, of a model that tells any number of intents, each for itself.

    How foreign a message is, is the chance that even the likeliest intent is not meant.
    """
    ranking = tuple(one for one in answer.ranking if not turn.allowed or one[0] in turn.allowed)
    given = [one for one in answer.labels if not turn.allowed or one[0] in turn.allowed]
    intents = rank(ranking, turn)
    decision = "answer" if given and kind is None else "out_of_scope"
    return Parsed(
        intent=intents[0],
        intents=[Wanted(name=name, confidence=round(chance, 4)) for name, chance in given if decision == "answer"],
        ranking=intents,
        decision=decision,
        out_of_scope=OutOfScope(
            score=round(1 - ranking[0][1], 4),
            threshold=None,
            is_out_of_scope=decision == "out_of_scope",
            kind=kind if given or kind is not None else "near",
        ),
        promise=None,
        truncated=answer.truncated,
        tokens=answer.tokens,
    )


def tell_several(parsed: Parsed, wanted: list[Wanted]) -> Parsed:
    """What was made of a message that wants several things: they lead the ranking, and nothing is promised of them."""
    known = {one.name for one in wanted}
    surest = sorted(wanted, key=lambda one: -one.confidence)
    ranking = [Intent(name=one.name, confidence=one.confidence) for one in surest]
    ranking += [one for one in parsed.ranking if one.name not in known]
    length = max(len(parsed.ranking), len(wanted))
    outside = parsed.out_of_scope and parsed.out_of_scope.model_copy(update={"is_out_of_scope": False, "kind": None})
    changed = {
        "intent": ranking[0],
        "intents": wanted,
        "ranking": ranking[:length],
        "decision": "answer",
        "out_of_scope": outside,
        "promise": None,
        "conformal_set": None,
    }
    return parsed.model_copy(update=changed)


def rank(ranking: Ranking, turn: Turn) -> list[Intent]:
    """The likeliest intents, as many as were asked for."""
    return [Intent(name=name, confidence=round(chance, 4)) for name, chance in ranking[: turn.top]]


def rounded(value: float | None) -> float | None:
    """A figure as it goes out."""
    return None if value is None else round(value, 4)
