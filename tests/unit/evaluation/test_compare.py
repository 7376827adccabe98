"""Paired comparison: exact p values, and verdicts that hold their level."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.evaluation.compare import compare_paired, mcnemar, non_inferior


def outcomes(both: int, only_a: int, only_b: int, neither: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    a = np.repeat([True, True, False, False], [both, only_a, only_b, neither])
    b = np.repeat([True, False, True, False], [both, only_a, only_b, neither])
    return a, b


@pytest.mark.parametrize(("only_a", "only_b"), [(10, 2), (3, 3), (0, 8), (40, 61)])
def test_the_p_value_is_the_exact_binomial_one(only_a: int, only_b: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(only_a, only_a + only_b).pvalue
    assert mcnemar(only_a, only_b) == pytest.approx(expected)
    assert compare_paired(*outcomes(50, only_a, only_b, 7), seed=0).p == pytest.approx(expected)


def test_a_clear_difference_is_superior_and_turned_round_inferior() -> None:
    a, b = outcomes(80, 15, 2, 3)
    forth, back = compare_paired(a, b, seed=0), compare_paired(b, a, seed=0)
    assert (forth.verdict, back.verdict) == ("superior", "inferior")
    assert forth.difference == pytest.approx(0.13)
    assert 0 < forth.low < 0.13 < forth.high
    assert back.difference == -forth.difference


def test_no_difference_is_equal() -> None:
    a, b = outcomes(80, 5, 4, 11)
    assert compare_paired(a, b, seed=0).verdict == "equal"
    same = compare_paired(a, a, seed=0)
    assert (same.p, same.verdict, same.low, same.high) == (1.0, "equal", 0.0, 0.0)


def test_scores_a_user_are_compared_by_the_paired_bootstrap() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(400)
    better = compare_paired(base + 0.02 + 0.05 * rng.standard_normal(400), base, seed=1)
    assert better.verdict == "superior"
    assert better.low < 0.02 < better.high
    assert better.p < 0.01
    assert compare_paired(base + 0.05 * rng.standard_normal(400), base, seed=1).p > 0.01


def test_two_equal_models_are_told_apart_about_5_times_in_100() -> None:
    rng = np.random.default_rng(4)
    pairs = [(rng.standard_normal(100), rng.standard_normal(100)) for _ in range(300)]
    found = [compare_paired(a, b, seed=at, rounds=500).verdict != "equal" for at, (a, b) in enumerate(pairs)]
    assert 0.02 <= np.mean(found) <= 0.09


def test_the_same_seed_gives_the_same_comparison() -> None:
    a, b = outcomes(80, 15, 2, 3)
    assert compare_paired(a, b, seed=1) == compare_paired(a, b, seed=1)


def test_non_inferiority_needs_the_whole_interval_within_the_margin() -> None:
    live, candidate = outcomes(900, 12, 8, 80)
    loose = non_inferior(candidate, live, margin=0.02, seed=0)
    strict = non_inferior(candidate, live, margin=0.005, seed=0)
    assert loose.holds
    assert not strict.holds
    assert loose.difference == pytest.approx(-0.004)
    assert loose.low < -0.005


def test_the_very_same_answers_are_not_inferior_at_any_margin() -> None:
    a, _ = outcomes(80, 15, 2, 3)
    assert non_inferior(a, a, margin=0.0, seed=0).holds


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="same rows"):
        compare_paired([True, False], [True], seed=0)
    with pytest.raises(InputError, match="one a row"):
        compare_paired([], [], seed=0)
    with pytest.raises(InputError, match="row 0"):
        compare_paired([np.nan], [0.5], seed=0)
    with pytest.raises(InputError, match="margin"):
        non_inferior([True], [True], margin=-0.1, seed=0)
