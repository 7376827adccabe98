"""From a file to an answer, by the command line and nothing else."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

Trivet = Callable[..., subprocess.CompletedProcess[str]]
SAMPLES = Path(__file__).resolve().parents[2] / "datasets" / "samples"


def test_training_prints_the_score_with_its_interval_and_a_baseline(support: dict[str, Any]) -> None:
    assert "26 labels" in support["headline"]
    assert "TF-IDF" in support["headline"]
    score = support["report"]["metrics"]["accuracy"]
    assert score["low"] < score["value"] < score["high"]
    assert score["value"] > support["report"]["baselines"]["tfidf-logistic"]["score"]
    assert support["aliases"] == ["live"]


def test_a_registered_model_answers_a_text(support: dict[str, Any], trivet: Trivet) -> None:
    rows = json.loads(trivet("predict", "support", "card still not here", "--json").stdout)
    assert rows[0]["label"] == "card_arrival"


def test_gibberish_is_out_of_scope(support: dict[str, Any], trivet: Trivet) -> None:
    assert json.loads(trivet("predict", "support", "asdf", "--json").stdout)[0]["decision"] == "out_of_scope"


def test_an_empty_text_is_refused_by_its_place(support: dict[str, Any], trivet: Trivet) -> None:
    done = trivet("predict", "support", "hello", "", code=2)
    assert "/1" in done.stderr


def test_a_text_over_the_limit_is_truncated_and_said_so(support: dict[str, Any], trivet: Trivet) -> None:
    rows = json.loads(trivet("predict", "support", "my card " * 400, "--json").stdout)
    assert rows[0]["truncated"]


def test_a_file_of_ones_own_is_a_data_set(trivet: Trivet, tmp_path: Path) -> None:
    rows = list(csv.DictReader((SAMPLES / "support-shop" / "train.csv").open(encoding="utf-8")))
    mine = tmp_path / "my.jsonl"
    mine.write_text(
        "\n".join(json.dumps({"question": row["text"], "topic": row["intent"]}) for row in rows), encoding="utf-8"
    )
    done = trivet("train", "support", str(mine), "--text", "question", "--label", "topic", "--name", "mine", "--json")
    result = json.loads(done.stdout)
    assert result["report"]["rows"] == pytest.approx(len(rows) / 5, abs=18)
    assert result["reference"] == "mine/1"


def test_a_file_is_answered_to_parquet_and_a_cut_off_run_goes_on(
    support: dict[str, Any], trivet: Trivet, tmp_path: Path
) -> None:
    asked, out = tmp_path / "asked.csv", tmp_path / "answers.parquet"
    shutil.copy(SAMPLES / "support-bank" / "test.csv", asked)
    trivet("predict", "support", "--file", str(asked), "--text", "text", "--out", str(out))
    answers = pq.read_table(out)
    assert answers.num_rows == 234
    assert {"text", "label", "confidence", "decision", "truncated"} <= set(answers.column_names)
    assert not list(tmp_path.glob(".answers*"))
    trivet("predict", "support", "--file", str(asked), "--text", "text", "--out", str(out), code=2)


def test_a_report_is_written_with_page_pictures_and_predictions(
    support: dict[str, Any], trivet: Trivet, tmp_path: Path
) -> None:
    trivet("evaluate", "support", "--no-baselines", "--out", str(tmp_path / "report"))
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"report.json", "report.html", "predictions.parquet"} <= names
    assert any(name.endswith(".png") for name in names)


def test_versions_are_promoted_through_gates_and_rolled_back(trivet: Trivet) -> None:
    clinic = ("train", "support", "sample-clinic", "--name", "clinic")
    trivet(*clinic, "--json")
    second = json.loads(trivet(*clinic, "--set", "method.expansion=2000", "--no-promote", "--json").stdout)
    assert second["reference"] == "clinic/2"
    assert second["aliases"] == ["candidate"]
    trivet("registry", "promote", "clinic/2")
    assert json.loads(trivet("registry", "list", "--json").stdout)
    assert json.loads(trivet("registry", "rollback", "clinic", "--json").stdout)["live"] == 1


def test_shuffled_labels_give_chance_and_the_gate_refuses(trivet: Trivet, tmp_path: Path) -> None:
    import numpy as np

    rows = list(csv.DictReader((SAMPLES / "support-bank" / "train.csv").open(encoding="utf-8")))
    labels = np.random.default_rng(3).permutation([row["intent"] for row in rows])
    shuffled = tmp_path / "shuffled.csv"
    with shuffled.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "intent"])
        writer.writerows(zip([row["text"] for row in rows], labels, strict=True))
    result = json.loads(trivet("train", "support", str(shuffled), "--name", "shuffled", "--json").stdout)
    assert result["report"]["metrics"]["accuracy"]["value"] < 0.15
    assert result["aliases"] == ["candidate"]
    assert "majority" in result["refused"]


def test_a_model_from_research_data_is_exported_only_with_the_users_word(
    trivet: Trivet, support: dict[str, Any], tmp_path: Path
) -> None:
    done = trivet("export", "support", str(tmp_path / "served"), "--json")
    assert json.loads(done.stdout)["bytes"] > 1e6
    rows = json.loads(trivet("predict", str(tmp_path / "served"), "card still not here", "--json").stdout)
    assert rows[0]["label"] == "card_arrival"


def test_advice_names_encoder_method_score_and_seconds(trivet: Trivet) -> None:
    advice = json.loads(trivet("advise", "sample-clinic", "--json").stdout)
    assert advice["encoder"] == "minilm-l6"
    head = next(option for option in advice["options"] if option["method"] == "head")
    assert head["low"] < head["score"] < head["high"]


def test_a_plan_prints_rows_steps_minutes_and_memory(trivet: Trivet) -> None:
    plan = json.loads(trivet("train", "support", "--recipe", "full", "--plan", "--json").stdout)
    assert plan["rows"] == 691
    assert plan["steps"] > 0
    assert plan["minutes"] > 0
    assert plan["memory_mb"] > 0


def test_a_set_that_nobody_knows_is_named_with_a_close_one(trivet: Trivet) -> None:
    assert "banking77" in trivet("train", "support", "bankin77", code=2).stderr


def test_a_label_that_only_the_test_has_is_named(trivet: Trivet, tmp_path: Path) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("text,label\n" + "".join(f"good day {n},a\nfarewell {n},b\n" for n in range(30)), encoding="utf-8")
    test.write_text("text,label\ngood day,a\nwho,never_seen\n", encoding="utf-8")
    done = trivet("train", "support", str(train), "--test", str(test), "--name", "odd", code=2)
    assert "never_seen" in done.stderr
