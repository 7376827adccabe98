"""What people say of answers becomes rows, and rows a better model: serve, correct, export, train."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from trivet.data.sources import open_dataset
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Trivet = Callable[..., subprocess.CompletedProcess[str]]
# A label that the model has never heard of, for what it calls by two of its own.
RENAMED = {"card_arrival": "post_desk", "card_delivery_time": "post_desk"}
LABELS = ("card_arrival", "card_delivery_time", "lost_or_stolen_card", "exchange_rate")


def test_corrections_become_rows_that_a_model_is_trained_on(
    support: dict[str, Any], trivet: Trivet, served: Any, environment: Mapping[str, str], tmp_path: Path
) -> None:
    rows = open_dataset(DataRecipe(dataset="sample-bank"), Settings()).frame("train")
    asked = [(row.text, row.label) for row in rows.itertuples() if row.label in LABELS]
    home = {"TRIVET_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}", "TRIVET_PREDICTION_TEXTS": "true"}
    running = served("support", "--insecure", environment=environment | home)
    with running as process, httpx.Client(base_url=process.address, timeout=60) as client:
        texts = [f"{text} (I am reachable at jane{at}@example.org)" for at, (text, _) in enumerate(asked)]
        answer = client.post("/v1/parse:batch", json={"texts": texts[:256]}).raise_for_status().json()
        for item, (_, label) in enumerate(asked[:256]):
            body = {"request_id": answer["request_id"], "item": item, "label": RENAMED.get(label, label)}
            assert client.post("/v1/feedback", json=body).raise_for_status().json()["joined"]

    out = tmp_path / "feedback.csv"
    told = json.loads(trivet("feedback", "export", "support", "--out", str(out), "--json", **home).stdout)
    with out.open(encoding="utf-8", newline="") as file:
        exported = list(csv.DictReader(file))
    assert told == {"path": str(out), "rows": len(exported), "labels": 3}
    assert {row["label"] for row in exported} == {"post_desk", "lost_or_stolen_card", "exchange_rate"}
    assert all("[email]" in row["text"] and "@" not in row["text"] for row in exported)
    assert "data.exported" in trivet("audit", "list", **home).stdout
    summary = trivet("feedback", "summary", **home).stdout
    assert "support" in summary

    trained = json.loads(trivet("train", "support", str(out), "--name", "corrected", "--no-promote", "--json").stdout)
    assert trained["name"] == "corrected"
    said = trivet("predict", "corrected@candidate", "When will my new card come in the post?", "--json").stdout
    assert json.loads(said)[0]["label"] == "post_desk"


def test_without_kept_texts_the_export_says_what_to_do(trivet: Trivet, tmp_path: Path) -> None:
    home = {"TRIVET_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}"}
    done = trivet("feedback", "export", "support", "--out", str(tmp_path / "out.csv"), code=2, **home)
    assert len(done.stderr.strip().splitlines()) == 1
    assert "TRIVET_PREDICTION_TEXTS=true" in done.stderr
