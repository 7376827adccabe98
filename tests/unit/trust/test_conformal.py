"""Conformal sets hold the right label as often as they say."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.trust.conformal import ConformalSets, SetKind, fit_sets, nonconformity

KINDS = get_args(SetKind)


def draw(rows: int, *, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Exchangeable rows of a model that is badly calibrated and worse at some labels: chances [N, 5], truth [N]."""
    truth = rng.choice(5, size=rows, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    logits = rng.standard_normal((rows, 5)) * 1.5
    logits[np.arange(rows), truth] += np.array([3.0, 2.0, 2.0, 1.0, 0.3])[truth]
    chances = np.exp(3 * logits)
    return chances / chances.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_the_right_label_is_held_as_often_as_promised(kind: SetKind, coverage: float) -> None:
    rng = np.random.default_rng(3)
    held = []
    for _ in range(300):
        sets = fit_sets(*draw(100, rng=rng), kind=kind, coverage=coverage, by_label=False)
        chances, truth = draw(200, rng=rng)
        held.append(sets.members(chances)[np.arange(200), truth].mean())
    # The mean of 300 draws of 200 rows: its error is near 0.003.
    assert np.mean(held) >= coverage - 0.008


@pytest.mark.parametrize("kind", KINDS)
def test_by_label_it_holds_for_the_rows_of_each_label(kind: SetKind) -> None:
    rng = np.random.default_rng(4)
    whole, apart = np.zeros((200, 5)), np.zeros((200, 5))
    for at in range(200):
        rows = draw(600, rng=rng)
        chances, truth = draw(600, rng=rng)
        for found, by_label in ((whole, False), (apart, True)):
            inside = fit_sets(*rows, kind=kind, coverage=0.9, by_label=by_label).members(chances)
            right = inside[np.arange(600), truth]
            found[at] = [right[truth == label].mean() for label in range(5)]
    assert whole.mean(axis=0).min() < 0.85
    assert apart.mean(axis=0).min() >= 0.88


def test_it_is_the_quantile_of_the_books() -> None:
    # 9 rows at 80 %: the ceil(10 * 0.8) = 8th smallest of 1 - p.
    own = np.linspace(0.1, 0.9, 9)
    chances = np.stack([own, 1 - own], axis=1)
    sets = fit_sets(chances, np.zeros(9, dtype=int), kind="lac", coverage=0.8, by_label=False)
    assert sets.thresholds == pytest.approx((np.sort(1 - own)[7],))


def test_too_few_rows_leave_no_label_out() -> None:
    chances = np.full((5, 3), 1 / 3)
    sets = fit_sets(chances, np.zeros(5, dtype=int), kind="lac", coverage=0.9, by_label=False)
    assert sets.members(chances).all()
    rare = fit_sets(*draw(200, rng=np.random.default_rng(0)), kind="aps", coverage=0.99, by_label=True)
    assert rare.members(np.eye(5))[:, 4].all()


def test_the_likeliest_label_is_always_in_the_set() -> None:
    sets = ConformalSets("lac", 0.5, (0.0,), 10, 1.0)
    np.testing.assert_array_equal(sets.members([[0.2, 0.5, 0.3]]), [[False, True, False]])


def test_adaptive_scores_add_up_what_is_likelier() -> None:
    chances = np.array([[0.2, 0.5, 0.3]])
    np.testing.assert_allclose(nonconformity(chances, "aps"), [[1.0, 0.5, 0.8]])
    wide = np.full((1, 5), 0.2)
    np.testing.assert_allclose(nonconformity(wide, "raps") - nonconformity(wide, "aps"), [[0, 0, 0, 0.02, 0.04]])


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="truth"):
        fit_sets(np.eye(3), [0, 1, 3], kind="lac", coverage=0.9, by_label=False)
    with pytest.raises(InputError, match="finite"):
        fit_sets([[np.nan, 1.0]], [0], kind="lac", coverage=0.9, by_label=False)
    with pytest.raises(InputError, match="thresholds"):
        ConformalSets("lac", 0.9, (0.1, 0.2), 10, 1.0).members(np.eye(3))
