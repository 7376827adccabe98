"""What a bot is told to do with a message."""

from __future__ import annotations

import pytest

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.trust.risk import OperatingPoint
from trivet_support.decision import choose, restrict


def facts(*, threshold: float | None = 0.8, novelty: float | None = 0.5) -> ClassificationFacts:
    point = threshold and OperatingPoint(
        risk=0.05, confidence=0.95, threshold=threshold, coverage=0.9, rows=500, held=threshold <= 1
    )
    return ClassificationFacts(
        labels=("a", "b", "c"), max_tokens=128, operating_point=point or None, novelty_threshold=novelty
    )


def answer(*chances: float, novelty: float = 0.1) -> ClassificationAnswer:
    ranking = tuple(zip("abc", chances))
    return ClassificationAnswer("a", chances[0], ranking, novelty, "answer", tokens=5, truncated=False)


@pytest.mark.parametrize(
    ("chances", "novelty", "expected"),
    [
        ((0.9, 0.05, 0.05), 0.1, "answer"),
        ((0.5, 0.4, 0.1), 0.1, "clarify"),
        ((0.4, 0.3, 0.3), 0.1, "hand_over"),
        ((0.9, 0.05, 0.05), 0.6, "out_of_scope"),
    ],
)
def test_a_message_is_answered_clarified_handed_over_or_out_of_scope(chances, novelty, expected):
    asked = answer(*chances, novelty=novelty)
    assert choose(asked, asked.ranking, facts()) == expected


def test_where_nothing_is_promised_two_intents_must_be_all_but_certain_to_be_asked_about():
    never = facts(threshold=2.0)
    sure, unsure = answer(0.5, 0.45, 0.05), answer(0.5, 0.3, 0.2)
    assert choose(sure, sure.ranking, never) == "clarify"
    assert choose(unsure, unsure.ranking, never) == "hand_over"


def test_without_an_operating_point_everything_in_scope_is_answered():
    asked = answer(0.4, 0.3, 0.3)
    assert choose(asked, asked.ranking, facts(threshold=None)) == "answer"


def test_allowed_intents_share_what_the_others_had():
    assert restrict((("a", 0.6), ("b", 0.3), ("c", 0.1)), {"b", "c"}) == (
        ("b", pytest.approx(0.75)),
        ("c", pytest.approx(0.25)),
    )


def test_allowed_intents_without_any_chance_are_equally_likely():
    assert restrict((("a", 1.0), ("b", 0.0), ("c", 0.0)), {"b", "c"}) == (("b", 0.5), ("c", 0.5))
