"""The promise: at most so many of the answers are wrong."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.trust.risk import bound_risk, chance_of_excess, find_operating_point


def draw(rows: int, *, rng: np.random.Generator, sharpness: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidences in [0, 1] of which the share `c ** sharpness` is right at confidence c."""
    confidences = rng.beta(4, 1, size=rows)
    return confidences, rng.random(rows) < confidences**sharpness


def true_risk(threshold: float, *, sharpness: float) -> float:
    """Share wrong among answers at or above a threshold, by integration over the same population."""
    confidences = np.linspace(threshold, 1, 20_001)
    density = confidences**3
    return float((density * (1 - confidences**sharpness)).sum() / density.sum())


@pytest.mark.parametrize(("rows", "sharpness", "risk"), [(300, 0.4, 0.05), (1000, 0.5, 0.05), (2000, 1.0, 0.1)])
def test_the_promise_holds_in_93_of_100_draws(rows: int, sharpness: float, risk: float) -> None:
    rng = np.random.default_rng(5)
    kept = []
    for _ in range(400):
        point = find_operating_point(*draw(rows, rng=rng, sharpness=sharpness), risk=risk, confidence=0.95)
        kept.append(not point.held or true_risk(point.threshold, sharpness=sharpness) <= risk)
    assert np.mean(kept) >= 0.93


def test_a_promise_about_the_next_texts_is_kept_among_them() -> None:
    rng = np.random.default_rng(7)
    kept, longer = [], []
    for _ in range(400):
        held_out, (confidences, correct) = (draw(500, rng=rng, sharpness=0.4) for _ in range(2))
        for horizon, found in ((500, kept), (0, longer)):
            point = find_operating_point(*held_out, risk=0.05, confidence=0.95, horizon=horizon)
            answered = confidences >= point.threshold
            found.append(not answered.any() or (~correct[answered]).mean() <= 0.05)
    assert np.mean(kept) >= 0.93
    assert np.mean(longer) <= np.mean(kept)


def test_the_chance_of_an_excess_is_hypergeometric() -> None:
    stats = pytest.importorskip("scipy.stats")
    for wrong, rows, asked in [(0, 60, 100), (7, 200, 150), (40, 300, 1000)]:
        most = wrong + int(0.05 * asked) + 1
        expected = stats.hypergeom(rows + asked, most, rows).cdf(wrong)
        assert chance_of_excess(wrong, rows, asked, risk=0.05) == pytest.approx(expected, rel=1e-6)
    assert chance_of_excess(5, 5, 10, risk=0.05) == 1.0


def test_a_promise_is_made_where_there_are_rows_enough() -> None:
    rng = np.random.default_rng(6)
    points = [find_operating_point(*draw(2000, rng=rng, sharpness=0.4), risk=0.05, confidence=0.95) for _ in range(100)]
    assert np.mean([point.held for point in points]) > 0.95
    coverage = np.mean([point.coverage for point in points if point.held])
    best = next(share for share in np.linspace(1, 0, 101) if true_risk(_threshold(share), sharpness=0.4) <= 0.05)
    assert best - 0.25 < coverage < best


def _threshold(share: float) -> float:
    """The confidence above which this share of a Beta(4, 1) lies."""
    return float((1 - share) ** 0.25)


def test_everything_is_answered_where_nothing_is_wrong() -> None:
    point = find_operating_point(np.linspace(0.5, 1, 500), np.ones(500, dtype=bool), risk=0.05, confidence=0.95)
    assert point.held
    assert point.threshold == 0.5
    assert point.coverage == 1.0
    assert point.rows == 500


def test_nothing_is_answered_where_nothing_can_be_promised() -> None:
    guesses = np.arange(500) % 2 == 0
    for confidences, correct in [(np.linspace(0, 1, 500), guesses), (np.ones(20), np.ones(20, dtype=bool))]:
        point = find_operating_point(confidences, correct, risk=0.05, confidence=0.95)
        assert not point.held
        assert point.threshold > 1
        assert point.coverage == 0.0


def test_equal_confidences_are_answered_together() -> None:
    confidences = np.repeat([0.9, 0.6], 200)
    correct = np.concatenate([np.ones(200, dtype=bool), np.zeros(200, dtype=bool)])
    point = find_operating_point(confidences, correct, risk=0.05, confidence=0.95)
    assert point.threshold == 0.9
    assert point.coverage == 0.5


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    stats = pytest.importorskip("scipy.stats")
    for wrong, rows in [(0, 59), (3, 100), (40, 41)]:
        expected = stats.binomtest(wrong, rows).proportion_ci(0.9, "exact").high
        assert bound_risk(wrong, rows, confidence=0.95) == pytest.approx(expected)
    assert bound_risk(5, 5, confidence=0.95) == 1.0


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="outcomes"):
        find_operating_point([0.5, 0.6], [True], risk=0.05, confidence=0.95)
    with pytest.raises(InputError, match="outcomes"):
        find_operating_point([], [], risk=0.05, confidence=0.95)
    with pytest.raises(InputError, match="row 1"):
        find_operating_point([0.5, np.nan], [True, True], risk=0.05, confidence=0.95)
