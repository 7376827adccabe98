"""The mean over seeds: its interval resamples rows, its p is the worst seed's."""

from __future__ import annotations

from typing import Any

import pytest

from trivet.bench.record import Baseline
from trivet.bench.summary import summarise


def test_the_value_is_the_mean_and_every_seed_is_reported(toy: Any) -> None:
    summary = summarise(toy.quality, [toy.record(0, right=4), toy.record(1, right=2)], toy.root)
    assert summary.value == 0.75
    assert summary.seeds == (0, 1)
    assert summary.per_seed == {0: 1.0, 1: 0.5}
    assert summary.command == "trivet bench run toy"


def test_the_note_is_that_of_the_definition_now(toy: Any) -> None:
    noted = toy.quality.model_copy(update={"note": "tried: nothing helped"})
    assert summarise(noted, [toy.record(0)], toy.root).note == "tried: nothing helped"


def test_a_baseline_is_beaten_only_where_every_seed_beats_it(toy: Any) -> None:
    summary = summarise(toy.quality, [toy.record(0), toy.record(1)], toy.root)
    assert summary.baselines["majority"] == Baseline(value=0.5, paired_p=0.02)


def test_a_baseline_without_a_test_gets_no_p(toy: Any) -> None:
    summary = summarise(toy.quality, [toy.record(0), toy.record(1)], toy.root)
    assert summary.baselines["words"].paired_p is None


def test_the_interval_of_a_quality_resamples_rows(toy: Any) -> None:
    # Both seeds fail on the same half of the rows: as uncertain as one seed is.
    same = summarise(toy.quality, [toy.record(0, right=2), toy.record(1, right=2)], toy.root)
    assert (same.low, same.high) == (0.0, 1.0)
    # All rows are right with every seed: nothing to resample.
    sure = summarise(toy.quality, [toy.record(0, right=4), toy.record(1, right=4)], toy.root)
    assert (sure.low, sure.high) == (1.0, 1.0)


def test_the_interval_of_another_measure_is_the_mean_of_its_ends(toy: Any) -> None:
    records = [toy.record(0), toy.record(1).model_copy(update={"low": 0.75, "high": 3.0})]
    summary = summarise(toy.start, records, toy.root)
    assert (summary.low, summary.high) == pytest.approx((0.5, 2.0))
