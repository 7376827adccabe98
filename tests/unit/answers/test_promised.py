"""Calibration and conformal sets among the facts: they survive JSON, old facts do without, nonsense is named."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from trivet.answers.classification import ClassificationFacts, decode
from trivet.answers.facts import facts_from_json, facts_to_json
from trivet.errors import ArtifactError
from trivet.trust.conformal import ConformalSets
from trivet.trust.vector_scaling import VectorScaling

FACTS = ClassificationFacts(
    ("a", "b", "c"),
    128,
    temperature=0.5,
    vector=VectorScaling((1.0, 2.0, 0.5), (0.0, 0.1, -0.1)),
    sets=ConformalSets("lac", 0.9, (0.7,), 100, 1.2),
)


def test_they_survive_json() -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(FACTS)))) == FACTS


def test_facts_of_an_older_artifact_do_without_them() -> None:
    values = facts_to_json(FACTS)
    del values["vector"], values["sets"]
    old = facts_from_json(values)
    assert isinstance(old, ClassificationFacts)
    assert old.vector is None
    assert old.sets is None
    (answer,) = decode([[1.0, 0.0, 0.0]], old, novelty=None, tokens=[3], truncated=[False])
    assert answer.conformal_set is None


def test_the_set_holds_the_labels_that_are_likely_enough_best_first() -> None:
    facts = ClassificationFacts(("a", "b", "c"), 128, sets=ConformalSets("lac", 0.9, (0.7,), 100, 1.2))
    # Probabilities 0.2, 0.45, 0.35: those of at least 0.3 are in.
    (answer,) = decode(np.log([[0.2, 0.45, 0.35]]), facts, novelty=None, tokens=[3], truncated=[False], top=1)
    assert answer.conformal_set == ("b", "c")


def test_the_vector_goes_on_top_of_the_temperature() -> None:
    (answer,) = decode([[0.1, 0.3, 0.2]], FACTS, novelty=None, tokens=[3], truncated=[False], top=3)
    logits = np.array([0.1, 0.3, 0.2]) / 0.5 * [1.0, 2.0, 0.5] + [0.0, 0.1, -0.1]
    expected = np.exp(logits) / np.exp(logits).sum()
    assert dict(answer.ranking)["b"] == pytest.approx(expected[1])


@pytest.mark.parametrize(
    ("name", "change", "where"),
    [
        ("vector", 3, "facts.vector"),
        ("vector", {"scale": [1.0, 1.0]}, "facts.shift"),
        ("vector", {"scale": [1.0], "shift": [0.0]}, "facts.vector"),
        ("vector", {"scale": [1.0, 1.0, "x"], "shift": [0.0, 0.0, 0.0]}, "facts.scale"),
        ("sets", "wide", "facts.sets"),
        ("sets", {"kind": "magic"}, "facts.coverage"),
    ],
)
def test_nonsense_is_named(name: str, change: Any, where: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        facts_from_json(facts_to_json(FACTS) | {name: change})
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "magic"}, "facts.kind"),
        ({"coverage": 1.5}, "facts.coverage"),
        ({"thresholds": [0.1, 0.2]}, "facts.thresholds"),
        ({"rows": 0}, "facts.rows"),
    ],
)
def test_sets_out_of_range_are_refused(change: dict[str, Any], where: str) -> None:
    values = facts_to_json(FACTS)
    values["sets"] |= change
    with pytest.raises(ArtifactError) as caught:
        facts_from_json(values)
    assert caught.value.where == where
