"""Sets of labels: from scores to an answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from trivet.answers.facts import facts_from_json, facts_to_json
from trivet.answers.multilabel import MultilabelFacts, decode_labels
from trivet.errors import ArtifactError, InputError

FACTS = MultilabelFacts(
    ("card", "lost", "new"), 32, thresholds=(0.5, 0.3, 0.9), slopes=(1.0, 2.0, 1.0), shifts=(0.0, 0.0, 1.0)
)


def decode(scores: list[list[float]], *, top: int = 5) -> list:
    rows = len(scores)
    return decode_labels(scores, FACTS, tokens=[3] * rows, truncated=[False] * rows, top=top)


def test_labels_above_their_own_threshold_are_given_likeliest_first() -> None:
    (answer,) = decode([[0.1, 2.0, 1.0]])
    assert answer.decision == "answer"
    assert [label for label, _ in answer.labels] == ["lost", "card"]
    assert dict(answer.labels)["lost"] == pytest.approx(1 / (1 + np.exp(-4.0)))
    # `new` is likelier than `card`, but not likely enough for its own threshold.
    assert [label for label, _ in answer.ranking] == ["lost", "new", "card"]


def test_a_text_without_any_label_says_none() -> None:
    (answer,) = decode([[-3.0, -3.0, -3.0]])
    assert answer.decision == "none"
    assert answer.labels == ()
    assert len(answer.ranking) == 3


def test_the_ranking_is_cut_but_the_labels_are_not() -> None:
    (answer,) = decode([[5.0, 5.0, 5.0]], top=1)
    assert len(answer.labels) == 3
    assert len(answer.ranking) == 1


def test_one_label_alone_is_a_yes_or_no() -> None:
    facts = MultilabelFacts(("spam",), 32, thresholds=(0.5,), slopes=(1.0,), shifts=(0.0,))
    answers = decode_labels([[2.0], [-2.0]], facts, tokens=[1, 1], truncated=[False, False])
    assert [answer.decision for answer in answers] == ["answer", "none"]
    assert answers[0].labels[0][1] + answers[1].ranking[0][1] == pytest.approx(1.0)


def test_scores_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="row 0"):
        decode([[np.nan, 0.0, 0.0]])
    with pytest.raises(InputError, match="shape"):
        decode([[0.0, 0.0]])
    with pytest.raises(InputError, match="token counts"):
        decode_labels([[0.0, 0.0, 0.0]], FACTS, tokens=[], truncated=[])


def test_facts_survive_json() -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(FACTS)))) == FACTS


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"labels": []}, "facts.labels"),
        ({"thresholds": [0.5, 0.3]}, "facts.thresholds"),
        ({"thresholds": [0.5, 0.3, 1.2]}, "facts.thresholds"),
        ({"slopes": [1.0, None, 1.0]}, "facts.slopes"),
        ({"shifts": 3}, "facts.shifts"),
        ({"temperature": 1.0}, "facts.temperature"),
    ],
)
def test_nonsense_in_facts_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        facts_from_json(facts_to_json(FACTS) | change)
    assert caught.value.where == where
