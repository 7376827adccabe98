"""Sets of labels and numbers by the command line, on public data and on a file of one's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

Trivet = Callable[..., subprocess.CompletedProcess[str]]
FAST = ("--set", "method.head=analytic", "--set", "method.expansion=500")


def write_recipe(folder: Path, task: str, dataset: str) -> str:
    path = folder / f"{task}.toml"
    sections = {"data": f'dataset = "{dataset}"', "task": f'kind = "{task}"', "method": 'kind = "head"'}
    lines = [f'name = "{task}"', *(f"[{section}]\n{knob}" for section, knob in sections.items())]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.mark.real_data
def test_intents_of_nlupp_are_learnt_served_and_answered_as_sets(trivet: Trivet, tmp_path: Path) -> None:
    result = json.loads(trivet("train", write_recipe(tmp_path, "multilabel", "nlupp-hotels"), *FAST, "--json").stdout)
    assert "40 labels" in result["headline"]
    assert "micro F1" in result["headline"]
    assert result["aliases"] == ["live"]
    report = result["report"]
    assert report["metrics"]["micro_f1"]["value"] > report["baselines"]["tfidf-logistic"]["score"]
    asked = tmp_path / "asked.csv"
    asked.write_text("text\nI want to cancel my booking\nhello\n", encoding="utf-8")
    trivet("predict", "multilabel", "--file", str(asked), "--out", str(tmp_path / "answers.parquet"))
    answers = pq.read_table(tmp_path / "answers.parquet").to_pylist()
    assert {"cancel_close_leave_freeze", "booking"} <= set(answers[0]["labels"])
    (row,) = json.loads(trivet("predict", "multilabel", "can I change my booking", "--json").stdout)
    assert "booking" in row["labels"]
    assert len(row["labels"]) == len(row["confidences"])


def test_numbers_of_ones_own_file_are_learnt_and_answered_with_an_interval(trivet: Trivet, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    words = {"terrible": 1, "poor": 2, "fine": 3, "good": 4, "wonderful": 5}
    rows = [f"a {word} stay number {at},{stars}" for at in range(16) for word, stars in words.items()]
    mine.write_text("\n".join(["review,stars", *rows]), encoding="utf-8")
    result = json.loads(trivet("train", write_recipe(tmp_path, "regression", str(mine)), *FAST[2:], "--json").stdout)
    assert "MSE" in result["headline"]
    assert result["report"]["metrics"]["r2"]["value"] > 0.5
    rows = json.loads(trivet("predict", "regression", "a wonderful stay", "a terrible stay", "--json").stdout)
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]
    assert rows[0]["value"] > rows[1]["value"]


@pytest.mark.parametrize(
    ("task", "rows", "reason"),
    [
        ("multilabel", "text,labels\nhello,a|b\nbye,a||b\n", "mine.csv:3: the labels ('labels') hold an empty name"),
        ("regression", "text,score\nhello,1\nbye,much\n", "mine.csv:3: the number ('score') is 'much'"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_reason(
    task: str, rows: str, reason: str, trivet: Trivet, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text(rows, encoding="utf-8")
    done = trivet("train", write_recipe(tmp_path, task, str(tmp_path / "mine.csv")), code=2)
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
