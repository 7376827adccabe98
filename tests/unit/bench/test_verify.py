"""Verifying computes a figure again from its predictions, and notices a tampered one."""

from __future__ import annotations

from typing import Any

import pytest

from trivet.bench.record import record_path, write_predictions, write_record
from trivet.bench.summary import summarise
from trivet.bench.verify import Verified, recompute, verify_all
from trivet.errors import TrivetError


def test_what_was_recorded_agrees(toy: Any) -> None:
    toy.record(0, right=3)
    toy.record(1, right=2)
    found = verify_all([toy.quality], toy.root)
    assert found == [Verified("toy", 0, 0.75, 0.75), Verified("toy", 1, 0.5, 0.5)]
    assert all(one.agrees for one in found)


def test_a_tampered_value_is_noticed(toy: Any) -> None:
    record = toy.record(0, right=3)
    write_record(record_path(toy.root, "toy", 0), record.model_copy(update={"value": 0.7500001}))
    (one,) = verify_all([toy.quality], toy.root)
    assert not one.agrees


def test_tampered_predictions_are_noticed(toy: Any) -> None:
    record = toy.record(0, right=3)
    write_predictions(toy.root / record.predictions, {"truth": [0, 0, 1, 1], "predicted": [0, 0, 1, 1]})
    (one,) = verify_all([toy.quality], toy.root)
    assert (one.recomputed, one.agrees) == (1.0, False)


def test_a_mean_that_is_not_that_of_its_seeds_is_noticed(toy: Any) -> None:
    records = [toy.record(0, right=3), toy.record(1, right=2)]
    summary = summarise(toy.quality, records, toy.root)
    write_record(record_path(toy.root, "toy"), summary)
    assert verify_all([toy.quality], toy.root)[-1] == Verified("toy", None, 0.625, 0.625)
    write_record(record_path(toy.root, "toy"), summary.model_copy(update={"value": 0.7}))
    assert not verify_all([toy.quality], toy.root)[-1].agrees


@pytest.mark.parametrize(
    "kept", [{}, {"truth": [0, 1], "predicted": [0]}, {"truth": [], "predicted": []}, {"truth": 1, "predicted": 1}]
)
def test_predictions_of_something_else_are_told(toy: Any, kept: Any) -> None:
    record = toy.record(0)
    write_predictions(toy.root / record.predictions, kept)
    with pytest.raises(TrivetError, match="not the predictions of toy"):
        verify_all([toy.quality], toy.root)


def test_missing_predictions_are_told(toy: Any) -> None:
    record = toy.record(0)
    (toy.root / record.predictions).unlink()
    with pytest.raises(TrivetError, match=r"seed-0\.predictions\.json"):
        verify_all([toy.quality], toy.root)


@pytest.mark.parametrize(
    ("measure", "kept", "value"),
    [
        ("quality", {"truth": [0, 1, 2, 3], "predicted": [0, 1, 2, 0]}, 0.75),
        ("int8_loss", {"truth": [0, 1, 2, 3], "fp32": [0, 1, 2, 3], "int8": [0, 1, 2, 0]}, 25.0),
        ("int8_loss", {"truth": [0, 1], "fp32": [1, 1], "int8": [0, 1]}, -50.0),
        ("batch_flips", {"alone": ["a", "b", "c"], "together": ["a", "c", "b"]}, 2.0),
        ("service_memory", {"runs": [200.0, 210.0, 900.0]}, 210.0),
        ("service_start", {"runs": [1.0, 3.0, 2.0, 9.0]}, 2.5),
    ],
)
def test_each_measure_gives_the_known_figure(toy: Any, measure: Any, kept: Any, value: float) -> None:
    assert recompute(toy.quality.model_copy(update={"measure": measure}), kept) == pytest.approx(value)
