"""The table of peers, from records that the tests write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trivet.bench.peer import OURS
from trivet.bench.peer_record import PeerRecord
from trivet.bench.peer_table import make_peer_table
from trivet.bench.record import write_predictions, write_record
from trivet.errors import TrivetError


def write_peer(root: Path, peer: str, *, right: int = 3, **figures: Any) -> None:
    """The record of a peer that labelled so many of four rows right, with its predictions."""
    path = root / "records" / "peers" / f"{peer}-toy.json"
    predictions = path.with_suffix(".predictions.json")
    known: dict[str, Any] = {
        "peer": peer,
        "metric": "accuracy",
        "value": right / 4,
        "low": 0.25,
        "high": 1.0,
        "seed": 0,
        "dataset": "toy",
        "split": "test",
        "data_sha256": "",
        "train_sha256": "",
        "train_rows": 4,
        "encoder": "words",
        "encoder_sha256": "",
        "threads": 1,
        "train_seconds": 8.0,
        "predict_seconds": 4.0,
        "texts_per_second": 1.0,
        "versions": {peer: "1.2"},
        "program_sha256": "",
        "command": "",
        "commit": "",
        "machine": "",
        "load": 0.0,
        "predictions": str(predictions.relative_to(root)),
    }
    write_record(path, PeerRecord(**{**known, **figures}))
    predicted = [0] * right + [1] * (4 - right)
    write_predictions(predictions, {"labels": ["a", "b"], "truth": [0, 0, 0, 0], "predicted": predicted})


def rows(root: Path) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in make_peer_table(root).splitlines()[2:]]


def test_ours_comes_first_and_every_other_says_what_ours_gains(tmp_path: Path) -> None:
    write_peer(tmp_path, "other", right=3, train_cpu_seconds=9.0, predict_cpu_seconds=2.0, peak_mb=300)
    write_peer(tmp_path, OURS, right=4, train_cpu_seconds=3.0, predict_cpu_seconds=0.5, peak_mb=200)
    ours, other = rows(tmp_path)
    assert ours == ["toy", OURS, "1.0000 (0.2500 to 1.0000)", "3", "8", "200", ""]
    assert other[:6] == ["toy", "other 1.2", "0.7500 (0.2500 to 1.0000)", "9", "2", "300"]
    assert other[6] == "+25.0 points (p 1), seconds 3.0x, texts 4.0x, memory 1.50x"


def test_a_peer_without_ours_beside_it_stands_alone(tmp_path: Path) -> None:
    write_peer(tmp_path, "other")
    write_peer(tmp_path, OURS, threads=2)
    assert [row[6] for row in rows(tmp_path)] == ["", ""]


def test_a_peer_that_was_stopped_says_where(tmp_path: Path) -> None:
    stopped = {"stopped": "memory", "steps": 0, "steps_planned": 6_171_875}
    write_peer(tmp_path, "other-defaults", versions={"torch": "2", "other": "1.2"}, **stopped)
    (row,) = rows(tmp_path)
    assert (row[1], row[6]) == ("other-defaults 1.2", "stopped by memory at step 0 of 6,171,875")


def test_without_records_it_says_how_to_make_them(tmp_path: Path) -> None:
    assert "trivet bench versus" in make_peer_table(tmp_path)


def test_predictions_of_another_length_are_told(tmp_path: Path) -> None:
    write_peer(tmp_path, OURS)
    write_peer(tmp_path, "other")
    path = tmp_path / "records" / "peers" / "other-toy.predictions.json"
    write_predictions(path, {"labels": ["a"], "truth": [0, 0], "predicted": [0]})
    with pytest.raises(TrivetError, match="not the predictions of other"):
        make_peer_table(tmp_path)
