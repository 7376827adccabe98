"""A number, whatever the method: from a file to a judged artifact over a tiny encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.answers.regression import RegressionAnswer, RegressionFacts
from trivet.artifact.artifact import Artifact
from trivet.encoders.catalogue import EncoderSource
from trivet.evaluate import evaluate
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings
from trivet.train import train

from .conftest import FILLERS, TRAINING

METHODS: list[dict[str, Any]] = [
    {"kind": "head", "expansion": 200, "penalties": [0.1, 1.0]},
    {"kind": "full"},
    {"kind": "lora", "rank": 4},
]


def write_rows(path: Path, *, count: int = 200) -> Path:
    """A card is worth 10, money 30, both 20, with a little noise."""
    random = np.random.default_rng(3)
    lines = []
    for at in range(count):
        word, value = (("card", 10), ("money", 30), ("card money", 20))[at % 3]
        lines.append(f"{word} {random.choice(FILLERS)},{value + random.normal():.3f}")
    path.write_text("\n".join(["text,worth", *lines]), encoding="utf-8")
    return path


def recipe_of(source: EncoderSource, data: Path, method: dict[str, Any], **training: Any) -> Recipe:
    return build_recipe(
        {
            "name": "toy",
            "data": {"dataset": str(data), "validation_share": 0.2, "columns": {"label": "worth"}},
            "task": {"kind": "regression", "max_tokens": 32},
            "encoder": {"name": str(source.path)},
            "method": method,
            "training": {**TRAINING, **training},
            "export": {"calibration_rows": 16, "golden_rows": 4, "max_int8_loss": 1.0},
        }
    )


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method["kind"]))
def test_every_method_tells_the_number_and_is_judged(
    method: dict[str, Any], source: EncoderSource, settings: Settings, tmp_path: Path
) -> None:
    recipe = recipe_of(source, write_rows(tmp_path / "rows.csv"), method)
    train(recipe, out=tmp_path / "toy", settings=settings).close()
    artifact = Artifact.load(tmp_path / "toy", threads=1)
    facts = artifact.facts
    assert isinstance(facts, RegressionFacts)
    assert facts.margin is not None
    assert 5 < facts.low < 10 < facts.mean < 30 < facts.high < 35
    for text, value in {"filler1 card": 10, "money filler2": 30}.items():
        (answer,) = artifact.predict([text])
        assert isinstance(answer, RegressionAnswer)
        assert answer.value == pytest.approx(value, abs=5)
        assert answer.low is not None
        assert answer.high is not None
        assert answer.high - answer.low == pytest.approx(2 * facts.margin)
    report = evaluate(artifact, settings=settings)
    assert (report.main, report.rows) == ("mse", 40)
    assert report.metrics["r2"].value > 0.8
    assert report.metrics["interval_coverage"].high >= 0.9
    assert report.baselines["mean"].verdict == "superior"
    assert artifact.card.int8 is not None
    assert artifact.card.int8.agreement is None
    artifact.close()


def test_a_refit_is_put_on_the_scale_of_all_rows(source: EncoderSource, settings: Settings, tmp_path: Path) -> None:
    recipe = recipe_of(source, write_rows(tmp_path / "rows.csv"), METHODS[1], refit=True, epochs=2)
    artifact = train(recipe, out=tmp_path / "toy", settings=settings)
    facts = artifact.facts
    assert isinstance(facts, RegressionFacts)
    assert artifact.card.notes["refit"] is True
    assert facts.mean == pytest.approx(20, abs=2)
    assert evaluate(artifact, settings=settings, with_baselines=False).metrics["r2"].value > 0.5
    artifact.close()
