"""Slots of real requests, from the command line: trained, judged, registered, asked for a file; and a bad file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RECIPE = """
name = "slots"
[data]
dataset = "{dataset}"
[task]
kind = "tagging"
max_tokens = 24
[method]
kind = "full"
freeze_embeddings = true
[training]
epochs = 1
batch_size = 16
learning_rate = 3e-4
head_learning_rate = 1e-2
label_smoothing = 0.0
[export]
calibration_rows = 16
golden_rows = 4
max_int8_loss = 0.2
"""
TURNS = 360


@pytest.mark.real_data
def test_slots_of_table_bookings_are_learnt_judged_and_written(trivet: Callable[..., Any], tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    from trivet.data.sources import open_dataset
    from trivet.recipe.data import DataRecipe
    from trivet.settings import Settings

    folder = tmp_path / "bookings"
    folder.mkdir()
    dataset = open_dataset(DataRecipe(dataset="restaurants8k"), Settings())
    for name in ("train", "test"):
        rows = [
            {
                "text": row["text"],
                "context": row["context"],
                "spans": [{"start": start, "end": end, "label": label} for start, end, label in row["spans"]],
            }
            for row in dataset.frame(name).head(TURNS).to_dict("records")
            if len(row["spans"]) < 2
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = tmp_path / "slots.toml"
    recipe.write_text(RECIPE.format(dataset=folder), encoding="utf-8")
    result = json.loads(trivet("train", str(recipe), "--no-promote", "--json").stdout)
    report = result["report"]
    assert report["kind"] == "tagging"
    assert report["metrics"]["f1"]["value"] > 0.3
    assert set(report["baselines"]) == {"word-tags", "frozen-logistic"}
    judged = json.loads(trivet("evaluate", result["reference"], "--json").stdout)
    assert judged["metrics"]["f1"] == report["metrics"]["f1"]
    out = tmp_path / "spans.parquet"
    trivet("predict", result["reference"], "--file", str(folder / "test.jsonl"), "--out", str(out))
    (asked,) = json.loads(trivet("predict", result["reference"], "a table for 7 people", "--json").stdout)
    assert asked["text"] == "a table for 7 people"
    for row in pq.read_table(out).to_pylist():
        for span in row["spans"]:
            assert row["text"][span["start"] : span["end"]] == span["text"]


def test_a_span_outside_of_its_text_ends_training_with_file_and_line(
    trivet: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"text": "at 7", "spans": []}\n{"text": "at 7", "spans": [{"start": 3, "end": 9, "label": "time"}]}\n'
    )
    recipe = tmp_path / "slots.toml"
    recipe.write_text(RECIPE.format(dataset=path), encoding="utf-8")
    done = trivet("train", str(recipe), code=2)
    assert f"{path}:2" in done.stderr
    assert "lies outside of the text of 4 characters" in done.stderr
