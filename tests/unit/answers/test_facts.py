"""Facts survive JSON, and nonsense is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trivet.answers.classification import ClassificationFacts
from trivet.answers.facts import Facts, facts_from_json, facts_to_json
from trivet.answers.similarity import SimilarityFacts
from trivet.errors import ArtifactError
from trivet.trust.risk import OperatingPoint

POINT = OperatingPoint(risk=0.05, confidence=0.95, threshold=0.61, coverage=0.9, rows=100, held=True)
FULL = ClassificationFacts(("é", "b"), 128, temperature=0.07, operating_point=POINT, novelty_threshold=0.4)


@pytest.mark.parametrize("facts", [FULL, ClassificationFacts(("a",), 8), SimilarityFacts(dim=384, max_tokens=64)])
def test_facts_survive_json(facts: Facts) -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(facts)))) == facts


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "poetry"}, "facts.kind"),
        ({"labels": []}, "facts.labels"),
        ({"labels": ["a", "a"]}, "facts.labels"),
        ({"labels": ["a", 3]}, "facts.labels"),
        ({"max_tokens": 0}, "facts.max_tokens"),
        ({"max_tokens": True}, "facts.max_tokens"),
        ({"temperature": 0.0}, "facts.temperature"),
        ({"temperature": float("nan")}, "facts.temperature"),
        ({"temperature": "warm"}, "facts.temperature"),
        ({"novelty_threshold": float("inf")}, "facts.novelty_threshold"),
        ({"operating_point": 3}, "facts.operating_point"),
        ({"operating_point": {"risk": 0.1}}, "facts.confidence"),
        ({"surprise": 1}, "facts.surprise"),
    ],
)
def test_nonsense_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        facts_from_json(facts_to_json(FULL) | change)
    assert caught.value.where == where


def test_a_fact_that_is_missing_is_named() -> None:
    values = facts_to_json(FULL)
    del values["max_tokens"]
    with pytest.raises(ArtifactError, match=r"facts\.max_tokens"):
        facts_from_json(values)
    with pytest.raises(ArtifactError, match="JSON object"):
        facts_from_json([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [{"risk": 1.5}, {"confidence": 0.0}, {"coverage": 2.0}, {"rows": -1}, {"held": "yes"}, {"threshold": None}],
)
def test_a_promise_out_of_range_is_refused(change: dict[str, Any]) -> None:
    values = facts_to_json(FULL)
    values["operating_point"] |= change
    with pytest.raises(ArtifactError):
        facts_from_json(values)
