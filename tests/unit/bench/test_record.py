"""Records: written whole, read with care."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trivet.bench.record import read_record, record_path, write_record, write_whole
from trivet.errors import TrivetError


def test_a_record_reads_as_it_was_written(toy: Any) -> None:
    record = toy.record(1)
    assert read_record(record_path(toy.root, "toy", 1)) == record


def test_writing_leaves_no_partial_file(toy: Any) -> None:
    toy.record(0)
    names = {path.name for path in (toy.root / "records" / "toy").iterdir()}
    assert names == {"seed-0.json", "seed-0.predictions.json"}


def test_a_write_that_fails_leaves_the_old_file(toy: Any) -> None:
    path = toy.root / "kept.txt"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \udcff")
    assert path.read_text() == "old"


def test_a_record_of_before_the_training_data_was_hashed_can_be_read(toy: Any) -> None:
    toy.record(0)
    path = record_path(toy.root, "toy", 0)
    values = json.loads(path.read_text())
    del values["train_sha256"]
    path.write_text(json.dumps(values))
    assert read_record(path).train_sha256 == ""


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda text: text[: len(text) // 2], "not JSON"),
        (lambda text: text.replace('"value": 0.75', '"value": "high"'), "value"),
        (lambda text: text.replace('"metric"', '"meters"'), "metric"),
        (lambda text: "[]", "not a record"),
        (lambda text: "\udcff", "not JSON"),
    ],
)
def test_a_damaged_record_is_told_in_one_line(toy: Any, damage: Any, told: str) -> None:
    toy.record(0)
    path = record_path(toy.root, "toy", 0)
    path.write_bytes(damage(path.read_text()).encode(errors="surrogateescape"))
    with pytest.raises(TrivetError, match=told) as caught:
        read_record(path)
    assert str(path) in caught.value.line()
    assert "\n" not in caught.value.line()


def test_a_missing_record_says_how_to_make_it(toy: Any) -> None:
    with pytest.raises(TrivetError, match="trivet bench run"):
        read_record(record_path(toy.root, "toy", 7))


def test_a_mean_lies_beside_the_folder_of_its_seeds(toy: Any) -> None:
    record = toy.record(0)
    write_record(record_path(toy.root, "toy"), record)
    assert (toy.root / "records" / "toy.json").exists()
    assert (toy.root / "records" / "toy" / "seed-0.json").exists()
