"""What a bot should do with a message."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts, decide

Decision = Literal["answer", "clarify", "hand_over", "out_of_scope"]
Ranking = tuple[tuple[str, float], ...]

# The chance that one of the two likeliest intents must have before it is worth asking which, where nothing is promised.
_ASK_ABOVE = 0.9


def choose(answer: ClassificationAnswer, ranking: Ranking, facts: ClassificationFacts) -> Decision:
    """Answer, ask which of the two likeliest intents is meant, or leave the message to a person.

    It is worth asking where the two together are as certain as a single one would have to be to be answered.
    """
    match decide(ranking[0][1], answer.novelty, facts):
        case "answer":
            return "answer"
        case "out_of_scope":
            return "out_of_scope"
        case "unsure":
            point = facts.operating_point
            bar = min(point.threshold, _ASK_ABOVE) if point else _ASK_ABOVE
            return "clarify" if sum(chance for _, chance in ranking[:2]) >= bar else "hand_over"


def restrict(ranking: Ranking, allowed: Collection[str]) -> Ranking:
    """The ranking given that the intent is one of `allowed`: the others left out, the rest summing to 1."""
    kept = [(name, chance) for name, chance in ranking if name in allowed]
    total = sum(chance for _, chance in kept)
    return tuple((name, chance / total if total else 1.0 / len(kept)) for name, chance in kept)
