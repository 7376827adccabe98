"""Numbers: from scores to an answer with its interval."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trivet.answers.facts import facts_from_json, facts_to_json
from trivet.answers.regression import RegressionFacts, decode_values
from trivet.errors import ArtifactError, InputError

FACTS = RegressionFacts(max_tokens=32, mean=10.0, scale=2.0, low=4.0, high=14.0, coverage=0.9, margin=1.5)


def test_a_score_is_put_back_on_the_scale_that_was_learnt() -> None:
    (answer,) = decode_values([[0.5]], FACTS, tokens=[3], truncated=[True])
    assert (answer.value, answer.low, answer.high) == (11.0, 9.5, 12.5)
    assert answer.decision == "answer"
    assert answer.truncated


def test_a_value_beyond_all_that_was_learnt_says_so() -> None:
    answers = decode_values([[3.0], [-4.0], [2.0]], FACTS, tokens=[1] * 3, truncated=[False] * 3)
    assert [answer.decision for answer in answers] == ["extrapolated", "extrapolated", "answer"]


def test_without_a_margin_there_is_no_interval() -> None:
    (answer,) = decode_values([[0.0]], replace(FACTS, margin=None), tokens=[1], truncated=[False])
    assert (answer.low, answer.high) == (None, None)


def test_scores_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="row 1"):
        decode_values([[0.0], [np.inf]], FACTS, tokens=[1, 1], truncated=[False, False])
    with pytest.raises(InputError, match="shape"):
        decode_values([[0.0, 1.0]], FACTS, tokens=[1], truncated=[False])
    with pytest.raises(InputError, match="token counts"):
        decode_values([[0.0]], FACTS, tokens=[], truncated=[False])


@pytest.mark.parametrize("facts", [FACTS, replace(FACTS, margin=None)])
def test_facts_survive_json(facts: RegressionFacts) -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(facts)))) == facts


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"scale": 0.0}, "facts.scale"),
        ({"mean": float("nan")}, "facts.mean"),
        ({"coverage": 1.0}, "facts.coverage"),
        ({"margin": -1.0}, "facts.margin"),
        ({"low": 15.0}, "facts.low"),
        ({"labels": ["a"]}, "facts.labels"),
    ],
)
def test_nonsense_in_facts_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        facts_from_json(facts_to_json(FACTS) | change)
    assert caught.value.where == where
