"""Sets of labels, whatever the method: from a file to a judged artifact over a tiny encoder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts
from trivet.artifact.artifact import Artifact
from trivet.encoders.catalogue import EncoderSource
from trivet.evaluate import evaluate
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings
from trivet.train import train

from .conftest import FILLERS, TRAINING

METHODS: list[dict[str, Any]] = [
    {"kind": "head", "head": "analytic", "expansion": 200, "penalties": [0.1, 1.0]},
    {"kind": "head", "head": "logistic"},
    {"kind": "full"},
    {"kind": "lora", "rank": 4},
]


def write_rows(path: Path, *, count: int = 160, only: tuple[str, ...] = ("card", "money")) -> Path:
    """Each text has the labels whose word stands in it, from none to both."""
    random = np.random.default_rng(3)
    rows = []
    for at in range(count):
        words = [word for word, stands in (("card", at % 2), ("money", at // 2 % 2)) if stands]
        text = [*words, *random.choice(FILLERS, size=2)]
        rows.append({"text": " ".join(random.permutation(text)), "labels": [word for word in words if word in only]})
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def recipe_of(source: EncoderSource, data: Path, method: dict[str, Any]) -> Recipe:
    return build_recipe(
        {
            "name": "toy",
            "data": {"dataset": str(data), "validation_share": 0.2},
            "task": {"kind": "multilabel", "max_tokens": 32},
            "encoder": {"name": str(source.path)},
            "method": method,
            "training": TRAINING,
            "export": {"calibration_rows": 16, "golden_rows": 4, "max_int8_loss": 1.0},
        }
    )


@pytest.mark.parametrize(
    "method", METHODS, ids=lambda method: "-".join(str(part) for part in list(method.values())[:2])
)
def test_every_method_finds_the_labels_and_is_judged(
    method: dict[str, Any], source: EncoderSource, settings: Settings, tmp_path: Path
) -> None:
    recipe = recipe_of(source, write_rows(tmp_path / "rows.jsonl"), method)
    train(recipe, out=tmp_path / "toy", settings=settings).close()
    artifact = Artifact.load(tmp_path / "toy", threads=1)
    facts = artifact.facts
    assert isinstance(facts, MultilabelFacts)
    assert facts.labels == ("card", "money")
    none, both = artifact.predict(["filler1 filler2", "money filler3 card"])
    assert isinstance(none, MultilabelAnswer)
    assert isinstance(both, MultilabelAnswer)
    assert (none.decision, none.labels) == ("none", ())
    assert {label for label, _ in both.labels} == {"card", "money"}
    report = evaluate(artifact, settings=settings)
    assert report.rows == 32
    assert report.main_score.value > 0.95
    assert report.baselines["majority"].verdict == "superior"
    assert artifact.card.int8 is not None
    assert artifact.card.int8.agreement is not None
    artifact.close()


def test_one_label_is_a_yes_or_no(source: EncoderSource, settings: Settings, tmp_path: Path) -> None:
    recipe = recipe_of(source, write_rows(tmp_path / "rows.jsonl", only=("card",)), METHODS[2])
    artifact = train(recipe, out=tmp_path / "toy", settings=settings)
    yes, no = artifact.predict(["filler1 card", "money filler2"])
    assert isinstance(yes, MultilabelAnswer)
    assert isinstance(no, MultilabelAnswer)
    assert [label for label, _ in yes.labels] == ["card"]
    assert no.decision == "none"
    artifact.close()


def test_binary_is_classification_with_two_labels(source: EncoderSource, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    lines = [f"{('card', 'money')[at % 2]} {FILLERS[at % 7]},{('no', 'yes')[at % 2]}" for at in range(120)]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    values = recipe_of(source, path, METHODS[2]).model_dump()
    values["task"] = {"kind": "classification", "max_tokens": 32}
    values["data"]["target"] = "label"
    artifact = train(build_recipe(values), out=tmp_path / "toy", settings=settings)
    assert [answer.label for answer in artifact.predict(["money filler9", "card filler9"])] == ["yes", "no"]  # type: ignore[union-attr]
    report = evaluate(artifact, settings=settings)
    assert (report.kind, report.labels, report.main_score.value) == ("classification", ("no", "yes"), 1.0)
    artifact.close()


def test_the_same_seed_gives_the_same_facts(source: EncoderSource, settings: Settings, tmp_path: Path) -> None:
    recipe = recipe_of(source, write_rows(tmp_path / "rows.jsonl"), METHODS[1])
    facts = []
    for name in ("one", "other"):
        artifact = train(recipe, out=tmp_path / name, settings=settings)
        facts.append(artifact.facts)
        artifact.close()
    assert facts[0] == facts[1]
