"""Intervals: that they cover, repeat, and stay sane at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import InputError
from trivet.evaluation.intervals import bootstrap_interval, bootstrap_statistic, wilson


def test_a_bootstrap_interval_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(0).exponential(size=400)
    ours = bootstrap_interval(values, seed=1, rounds=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", random_state=np.random.default_rng(2)
    ).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.005)
    assert ours.high == pytest.approx(theirs.high, abs=0.005)


def test_zeros_and_ones_need_no_drawing_and_come_out_the_same() -> None:
    hits = (np.arange(500) % 10 > 0).astype(float)
    quick = bootstrap_interval(hits, seed=1, rounds=20_000)
    drawn = bootstrap_statistic(lambda rows: hits[rows].mean(axis=1), 500, seed=1, rounds=20_000)
    assert (quick.low, quick.high) == pytest.approx((drawn.low, drawn.high), abs=0.003)


def test_intervals_cover_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(3)
    covered = []
    for draw in range(300):
        ends = bootstrap_interval(rng.exponential(size=150), seed=draw, rounds=500)
        covered.append(ends.low <= 1.0 <= ends.high)
    assert 0.90 <= np.mean(covered) <= 0.98


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(0).random(100)
    assert bootstrap_interval(values, seed=5) == bootstrap_interval(values, seed=5)
    assert bootstrap_interval(values, seed=5) != bootstrap_interval(values, seed=6)


@pytest.mark.parametrize(("successes", "rows"), [(0, 10), (9, 10), (10, 10), (2865, 3080)])
def test_a_wilson_interval_is_that_of_scipy(successes: int, rows: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(successes, rows).proportion_ci(method="wilson")
    found = wilson(successes, rows)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_where_all_are_right_the_interval_does_not_collapse() -> None:
    ends = wilson(50, 50)
    assert ends.low < 0.95
    assert ends.high == 1.0


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="one a row"):
        bootstrap_interval([], seed=0)
    with pytest.raises(InputError, match="row 1"):
        bootstrap_interval([0.5, np.nan], seed=0)
    with pytest.raises(InputError, match="no proportion"):
        wilson(5, 4)
    with pytest.raises(InputError, match="no proportion"):
        wilson(0, 0)
