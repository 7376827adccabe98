"""The next item on real events, from the command line to an answer without torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from trivet.data.sequences import write_history

pytestmark = pytest.mark.real_data

PROGRAM = (sys.executable, "-c", "from trivet.cli.main import run; run()")
RECIPE = """
name = "films"
[data]
dataset = "movietweetings-100k"
split = "leave_last_out"
core = 15
[task]
kind = "next_item"
max_tokens = 16
dim = 16
layers = 1
[method]
kind = "full"
[training]
epochs = 3
learning_rate = 5e-3
head_learning_rate = 5e-3
label_smoothing = 0.0
[export]
precision = "fp32"
"""
ANSWER = """
import json, sys
from trivet.artifact.artifact import Artifact
artifact = Artifact.load(sys.argv[1], threads=1)
(answer,) = artifact.predict([sys.argv[2]], top=3)
print(json.dumps({"items": [name for name, _ in answer.ranking], "torch": "torch" in sys.modules}))
"""


def run(*words: str) -> str:
    done = subprocess.run([*PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_films_are_ranked_after_a_history_without_torch(tmp_path: Path) -> None:
    (tmp_path / "films.toml").write_text(RECIPE)
    out = tmp_path / "films"
    report = json.loads(run("train", str(tmp_path / "films.toml"), "--out", str(out), "--json"))["report"]
    assert {"popular", "item-knn", "frozen-text"} <= set(report["baselines"])
    assert report["metrics"]["ndcg@10"]["value"] > 0.03
    items = json.loads((out / "facts.json").read_text())["items"]
    words = [sys.executable, "-c", ANSWER, str(out), write_history(items[:4])]
    found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert not found["torch"]
    assert len(found["items"]) == 3
    assert not set(found["items"]) & set(items[:4])


def test_a_method_that_does_not_go_with_it_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "films.toml").write_text(RECIPE.replace('kind = "full"', 'kind = "lora"'))
    done = subprocess.run(
        [*PROGRAM, "train", str(tmp_path / "films.toml")], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "method 'lora' does not go with task 'next_item'; use full" in (done.stderr + done.stdout).replace("\n", " ")
