"""What an answer promises: foreign texts, sets of labels, two models side by side; by the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Trivet = Callable[..., subprocess.CompletedProcess[str]]
RECIPE = """
name = "{name}"
[data]
dataset = "clinc-banking-oos"
[method]
kind = "head"
head = "analytic"
expansion = {expansion}
[trust]
novelty = "{novelty}"
calibration = "auto"
sets = "lac"
set_coverage = 0.9
[export]
precision = "fp32"
"""
pytestmark = pytest.mark.real_data


def train(trivet: Trivet, folder: Path, name: str, *, novelty: str, expansion: int) -> Path:
    recipe = folder / f"{name}.toml"
    recipe.write_text(RECIPE.format(name=name, novelty=novelty, expansion=expansion))
    trivet("train", str(recipe), "--out", str(folder / name), "--no-evaluate")
    return folder / name


@pytest.fixture(scope="module")
def wary(trivet: Trivet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A head on ten intents of a bank that measures novelty in four ways at once."""
    return train(trivet, tmp_path_factory.mktemp("trust"), "wary", novelty="combined", expansion=1000)


def test_foreign_texts_are_refused_and_answers_carry_a_set(trivet: Trivet, wary: Path) -> None:
    asked = ["how do i change my pin number", "how many calories are in a slice of pizza"]
    known, foreign = json.loads(trivet("predict", str(wary), *asked, "--json").stdout)
    assert known["label"] == "pin_change"
    assert known["conformal_set"][0] == "pin_change"
    assert foreign["decision"] == "out_of_scope"


def test_the_report_says_how_well_foreign_texts_are_told(trivet: Trivet, wary: Path) -> None:
    report = json.loads(trivet("evaluate", str(wary), "--no-baselines", "--json").stdout)
    score = report["metrics"]["out_of_scope_auroc"]
    assert 0.75 < score["low"] < score["value"] < score["high"] <= 1.0


def test_a_file_of_answers_has_a_column_of_sets(trivet: Trivet, wary: Path, tmp_path: Path) -> None:
    import pandas as pd

    (tmp_path / "asked.csv").write_text("text\nfreeze my account please\nis my transfer through\n")
    trivet("predict", str(wary), "--file", str(tmp_path / "asked.csv"), "--out", str(tmp_path / "answers.parquet"))
    sets = pd.read_parquet(tmp_path / "answers.parquet")["conformal_set"]
    assert all(len(one) >= 1 for one in sets)


def test_two_models_are_compared_on_the_same_rows(trivet: Trivet, wary: Path) -> None:
    other = train(trivet, wary.parent, "plain", novelty="prototypes", expansion=0)
    found = json.loads(trivet("compare", str(wary), str(other), "--json").stdout)
    assert found["rows"] == 500
    assert set(found["metrics"]) == {"accuracy", "ece", "brier"}
    assert found["verdict"] in ("superior", "equal")
    assert {part["by"] for part in found["parts"]} >= {"length"}


def test_a_measure_that_the_task_does_not_have_is_one_line(trivet: Trivet, tmp_path: Path) -> None:
    recipe = tmp_path / "wrong.toml"
    recipe.write_text(RECIPE.format(name="wrong", novelty="magic", expansion=10))
    refused = trivet("train", str(recipe), "--no-evaluate", code=2)
    assert refused.stderr.count("\n") == 1
    assert "trust.novelty" in refused.stderr
