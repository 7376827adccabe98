"""An encoder that learns without labels, and one that serves two tasks, through the command line on real rows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Trivet = Callable[..., subprocess.CompletedProcess[str]]
FURTHER = """
name = "further"
[data]
dataset = "banking77"
shots = 1
[task]
kind = "pretraining"
objective = "denoising"
max_tokens = 32
[method]
kind = "full"
[training]
epochs = 1
"""
JOINT = """
name = "desk"
[task]
kind = "multitask"
max_tokens = 32
[[task.parts]]
name = "intent"
data = { dataset = "banking77", shots = 3 }
[[task.parts]]
name = "sentiment"
data = { dataset = "phrasebank-50agree", shots = 20 }
[method]
kind = "full"
[training]
epochs = 1
[export]
precision = "fp32"
"""


@pytest.mark.real_data
def test_an_encoder_is_trained_further_and_found_by_its_path(trivet: Trivet, tmp_path: Path) -> None:
    (tmp_path / "further.toml").write_text(FURTHER)
    words = ("train", str(tmp_path / "further.toml"), "--out", str(tmp_path / "encoder"), "--json")
    card = json.loads(trivet(*words).stdout)["card"]
    assert card["data"]["rows"] == 77 - 8
    assert card["encoder"]["name"] == "minilm-l6"
    found = json.loads(trivet("models", "fetch", str(tmp_path / "encoder"), "--json").stdout)
    assert (found["licence"], found["dim"], found["origin"]) == ("apache-2.0", 384, "path")
    assert found["sha256"] != card["encoder"]["sha256"]


def test_an_encoder_wants_a_place_of_its_own(trivet: Trivet, tmp_path: Path) -> None:
    (tmp_path / "further.toml").write_text(FURTHER)
    done = trivet("train", str(tmp_path / "further.toml"), code=2)
    assert done.stderr.strip() == (
        "trivet: --out: pre-training writes an encoder, not a version of a model. Add --out DIR."
    )


@pytest.mark.real_data
def test_one_model_answers_two_tasks(trivet: Trivet, tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(JOINT)
    model = str(tmp_path / "desk")
    trivet("train", str(tmp_path / "desk.toml"), "--out", model, "--no-evaluate", "--json")
    (answer,) = json.loads(trivet("predict", model, "my card has not arrived", "--json").stdout)
    assert set(answer["tasks"]) == {"intent", "sentiment"}
    assert answer["tasks"]["sentiment"]["label"] in {"positive", "neutral", "negative"}
    assert "card" in answer["tasks"]["intent"]["label"]


def test_a_head_does_not_answer_two_tasks(trivet: Trivet, tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(JOINT)
    done = trivet("train", str(tmp_path / "desk.toml"), "--method", "head", code=2)
    assert "method 'head' does not go with task 'multitask'" in done.stderr
