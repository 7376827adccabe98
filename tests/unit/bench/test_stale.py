"""A record stands while recipe, data and modules are what they were, and says which of them is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trivet.bench.stale import Stale, find_stale, reason_stale
from trivet.errors import TrivetError


def reason(toy: Any, record: Any, bench: Any = None, *, say: Any = lambda _: None) -> str:
    return reason_stale(record, toy.quality, bench or toy.bench, say=say)


def test_a_record_stands_while_nothing_has_changed(toy: Any) -> None:
    assert reason(toy, toy.record(0)) == ""


def test_a_changed_recipe_is_named(toy: Any) -> None:
    record = toy.record(0)
    path = toy.root / "recipes" / "toy.toml"
    path.write_text(path.read_text() + "[training]\nepochs = 7\n")
    assert reason(toy, record) == "the recipe has changed"


@pytest.mark.parametrize(("table", "told"), [("test", "the test data"), ("train", "the training data")])
def test_changed_data_is_named(toy: Any, table: str, told: str) -> None:
    record = toy.record(0)
    path = toy.data / f"{table}.csv"
    path.write_text(path.read_text() + "a card of mine,card\n")
    assert reason(toy, record) == f"{told} has changed"


def test_a_changed_module_is_named(toy: Any) -> None:
    record = toy.record(0)
    assert reason(toy, record, toy.with_code(wheel=b"b = 3")) == "imported modules have changed"


def test_a_module_that_was_not_imported_may_change(toy: Any) -> None:
    record = toy.record(0)
    assert reason(toy, record, toy.with_code(apart=b"c = 4")) == ""


def test_data_that_is_not_here_is_said_and_not_held_against_the_record(toy: Any, remarks: list[str]) -> None:
    record = toy.record(0)
    (toy.data / "test.csv").unlink()
    (toy.data / "train.csv").unlink()
    assert reason(toy, record, say=remarks.append) == ""
    assert len(remarks) == 1
    assert "data not checked" in remarks[0]


def test_a_seed_without_a_record_is_listed(toy: Any) -> None:
    toy.record(0)
    found = find_stale([toy.quality], toy.bench, say=lambda _: None)
    assert found == [Stale("toy", 1, "not recorded")]


def test_a_missing_recipe_is_told(toy: Any) -> None:
    record = toy.record(0)
    gone = replace(toy, quality=toy.quality.model_copy(update={"recipe": "gone.toml"}))
    with pytest.raises(TrivetError, match=r"recipe of toy is missing"):
        reason(gone, record)
