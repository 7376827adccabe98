"""From a few rows, or from names alone, to a model that answers: through the command line, on real data."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Trivet = Callable[..., subprocess.CompletedProcess[str]]
DESCRIPTIONS = Path(__file__).resolve().parents[2] / "benchmarks" / "descriptions" / "banking77.toml"
FEW = """
name = "few"
[data]
dataset = "hwu64-10shot"
shots = 4
[method]
kind = "few_shot"
head = "prototypes"
[training]
epochs = 1
learning_rate = 2e-4
[export]
precision = "fp32"
"""
NONE = """
name = "none"
[data]
dataset = "banking77"
[method]
kind = "zero_shot"
descriptions = "{descriptions}"
"""


@pytest.fixture(scope="module")
def few(trivet: Trivet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained on four real rows of each of 64 intents, for one epoch."""
    folder = tmp_path_factory.mktemp("few")
    (folder / "few.toml").write_text(FEW)
    trivet("train", str(folder / "few.toml"), "--out", str(folder / "model"), "--no-evaluate")
    return folder / "model"


@pytest.mark.real_data
def test_a_few_rows_a_label_make_a_model_that_answers(trivet: Trivet, few: Path) -> None:
    asked = ["wake me up at seven tomorrow", "turn the light off in the kitchen"]
    answers = json.loads(trivet("predict", str(few), *asked, "--json").stdout)
    assert [answer["label"] for answer in answers] == ["alarm_set", "iot_hue_lightoff"]
    card = json.loads((few / "card.json").read_text())
    assert card["notes"]["held_out_rows"] == 256
    assert card["notes"]["out_of_fold_accuracy"] > 0.6


@pytest.mark.real_data
def test_another_model_starts_from_the_weights_that_were_tuned(trivet: Trivet, few: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "again.toml"
    recipe.write_text(FEW.replace("hwu64-10shot", "hwu64-5shot").replace("shots = 4", "shots = 3"))
    out = str(tmp_path / "started")
    started = trivet("train", str(recipe), "--encoder", str(few), "--no-evaluate", "--out", out, "--json")
    assert json.loads(started.stdout)["path"] == str(tmp_path / "started")
    card = json.loads((tmp_path / "started" / "card.json").read_text())
    assert card["descent"] == "warm start"
    assert card["encoder"]["name"] == str(few)


@pytest.mark.real_data
def test_a_new_label_is_learnt_from_a_few_texts_as_a_new_version(trivet: Trivet, few: Path, tmp_path: Path) -> None:
    texts = tmp_path / "refunds.csv"
    texts.write_text("text\ni want my money back\nplease refund my order\nhow do i get a refund\n")
    out = tmp_path / "grown"
    grown = json.loads(trivet("add-label", str(few), "refund", str(texts), "--out", str(out), "--json").stdout)
    assert (grown["labels"], grown["rows"]) == (65, 3)
    answers = json.loads(trivet("predict", str(out), "refund me please", "wake me up at seven", "--json").stdout)
    assert [answer["label"] for answer in answers] == ["refund", "alarm_set"]
    assert "is known already" in trivet("add-label", str(out), "refund", str(texts), code=2).stderr


@pytest.mark.real_data
def test_labels_are_told_apart_by_descriptions_without_a_row(trivet: Trivet, tmp_path: Path) -> None:
    recipe = tmp_path / "none.toml"
    recipe.write_text(NONE.format(descriptions=DESCRIPTIONS))
    trivet("train", str(recipe), "--no-evaluate", "--out", str(tmp_path / "model"))
    asked = ["the atm ate my card", "why do you need to know who i am"]
    answers = json.loads(trivet("predict", str(tmp_path / "model"), *asked, "--json").stdout)
    assert [answer["label"] for answer in answers] == ["card_swallowed", "why_verify_identity"]
    refused = trivet("train", "support", "--encoder", str(tmp_path / "model"), "--no-evaluate", code=2)
    assert "no tuned weights to start from" in refused.stderr


@pytest.mark.real_data
def test_a_label_without_a_description_and_a_label_with_one_row_are_named(trivet: Trivet, tmp_path: Path) -> None:
    lacking = tmp_path / "lacking.toml"
    lacking.write_text("\n".join(DESCRIPTIONS.read_text().splitlines()[:-1]))
    recipe = tmp_path / "none.toml"
    recipe.write_text(NONE.format(descriptions=lacking))
    told = trivet("train", str(recipe), "--no-evaluate", code=2).stderr
    assert "'wrong_exchange_rate_for_cash_withdrawal' has no description" in told
    rows = tmp_path / "rows.csv"
    rows.write_text("text,label\nhi,hello\nhello,hello\nhey,hello\nbye,end\n")
    told = trivet("train", "support", str(rows), "--test", str(rows), "--method", "few_shot", code=2).stderr
    assert "label 'end' has 1 row, but contrast needs two" in told
