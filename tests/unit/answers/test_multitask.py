import json

import numpy as np
import pytest

from trivet.answers.classification import ClassificationFacts
from trivet.answers.facts import facts_from_json, facts_to_json
from trivet.answers.multitask import MultitaskFacts, decode_tasks, spread_chances
from trivet.errors import ArtifactError
from trivet.trust.risk import OperatingPoint

POINT = OperatingPoint(risk=0.05, confidence=0.95, threshold=0.6, coverage=0.9, rows=100, held=True)
FACTS = MultitaskFacts(
    {
        "topic": ClassificationFacts(("card", "money"), 16, temperature=0.5, novelty_threshold=0.4),
        "tone": ClassificationFacts(("cross", "kind", "plain"), 16, operating_point=POINT),
    },
    max_tokens=16,
)
SCORES = {"topic": np.array([[2.0, 0.0], [0.0, 1.0]]), "tone": np.array([[0.0, 3.0, 0.0], [0.1, 0.0, 0.0]])}


def test_facts_survive_json() -> None:
    assert facts_from_json(json.loads(json.dumps(facts_to_json(FACTS)))) == FACTS
    assert facts_from_json(facts_to_json(FACTS)) == FACTS


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda values: values["tasks"].pop("tone"), "facts.tasks"),
        (lambda values: values["tasks"]["tone"].pop("labels"), "facts.labels"),
        (lambda values: values["tasks"]["tone"].update(kind="similarity"), "facts.tasks.tone"),
        (lambda values: values.update(more=1), "facts.more"),
    ],
)
def test_a_fact_that_is_off_is_named(spoil: object, place: str) -> None:
    values = facts_to_json(FACTS)
    spoil(values)  # type: ignore[operator]
    with pytest.raises(ArtifactError) as caught:
        facts_from_json(values)
    assert caught.value.where == place


def test_every_task_answers_by_its_own_facts() -> None:
    novelty = {"topic": [0.1, 0.9], "tone": [0.1, 0.9]}
    first, second = decode_tasks(SCORES, FACTS, novelty=novelty, tokens=[3, 40], truncated=[False, True], top=1)
    assert {name: answer.label for name, answer in first.answers.items()} == {"topic": "card", "tone": "kind"}
    # exp(2 / 0.5) against 1, by the task's own temperature.
    assert first.answers["topic"].confidence == pytest.approx(np.exp(4) / (1 + np.exp(4)))
    # Only topic refuses what is foreign to it, only tone has a promise to keep.
    assert {name: answer.decision for name, answer in second.answers.items()} == {
        "topic": "out_of_scope",
        "tone": "unsure",
    }
    assert (second.tokens, second.truncated) == (40, True)


def test_labels_of_all_tasks_stand_side_by_side() -> None:
    assert FACTS.labels == ("tone/cross", "tone/kind", "tone/plain", "topic/card", "topic/money")
    spread = spread_chances(SCORES, FACTS)
    assert spread.shape == (4, 5)
    np.testing.assert_allclose(spread.sum(axis=1), 1.0)
    assert (spread[0::2, 3:] == 0).all()
    assert (spread[1::2, :3] == 0).all()
