"""Probabilities of single labels, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import InputError
from trivet.trust.platt import fit_labels, fit_platt, label_probabilities, sigmoid


def make_scores(rows: int = 400, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of two labels whose log odds are 4 s - 1 and 2 s + 0.5."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(rows, 2))
    chances = sigmoid(scores * [4.0, 2.0] + [-1.0, 0.5])
    return scores, rng.random((rows, 2)) < chances


def test_the_fit_is_platts_maximum_of_the_likelihood() -> None:
    from sklearn.calibration import _sigmoid_calibration

    scores, truth = make_scores()
    slope, shift = fit_platt(scores[:, 0], truth[:, 0])
    a, b = _sigmoid_calibration(scores[:, 0], truth[:, 0].astype(float))
    assert (slope, shift) == pytest.approx((-a, -b), abs=1e-3)


def test_every_label_gets_its_own_scale_where_there_are_rows_enough() -> None:
    scores, truth = make_scores(20_000)
    slopes, shifts = fit_labels(scores, truth)
    np.testing.assert_allclose(slopes, [4.0, 2.0], atol=0.2)
    np.testing.assert_allclose(shifts, [-1.0, 0.5], atol=0.1)


def test_a_rare_label_shares_the_scale_of_all() -> None:
    scores, truth = make_scores()
    truth[:, 1] = False
    truth[:9, 1] = True
    slopes, shifts = fit_labels(scores, truth)
    assert (slopes[1], shifts[1]) == fit_platt(scores.ravel(), truth.ravel())
    assert (slopes[0], shifts[0]) == fit_platt(scores[:, 0], truth[:, 0])


def test_a_label_is_never_likelier_for_a_lower_score() -> None:
    scores, truth = make_scores()
    slopes, _ = fit_labels(
        np.stack([scores[:, 0], -scores[:, 1]], axis=1), np.stack([truth[:, 0], truth[:, 1]], axis=1)
    )
    assert (slopes > 0).all()


def test_scores_that_tell_all_rows_apart_stay_finite() -> None:
    truth = np.arange(40) < 20
    slope, shift = fit_platt(np.where(truth, 1.0, 0.0), truth)
    assert np.isfinite([slope, shift]).all()
    assert sigmoid(np.array([slope + shift]))[0] == pytest.approx(21 / 22, abs=1e-3)


def test_equal_scores_say_how_frequent_the_label_is() -> None:
    slope, shift = fit_platt(np.full(18, 3.0), np.arange(18) < 8)
    assert sigmoid(np.array([3.0 * slope + shift]))[0] == pytest.approx((8 * 9 / 10 + 10 / 12) / 18, abs=1e-6)


def test_a_score_that_is_not_finite_is_named_by_its_row() -> None:
    with pytest.raises(InputError, match="row 1"):
        label_probabilities([[0.0], [np.nan]], [1.0], [0.0])
    with pytest.raises(InputError, match="shape"):
        label_probabilities([[0.0, 1.0]], [1.0], [0.0])
    with pytest.raises(InputError, match="truth"):
        fit_labels(np.zeros((3, 2)), np.zeros((3, 1)))
