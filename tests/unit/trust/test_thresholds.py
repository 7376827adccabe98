"""Thresholds of labels, against all that could have been chosen."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from trivet.errors import InputError
from trivet.trust.thresholds import best_threshold, choose_thresholds


@pytest.mark.parametrize("seed", range(5))
def test_no_other_threshold_has_a_better_f1(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(60) < 0.3
    chances = np.round(np.clip(rng.normal(0.3 + 0.3 * truth, 0.2), 0, 1), 2)
    ours = f1_score(truth, chances >= best_threshold(chances, truth))
    others = [f1_score(truth, chances >= one, zero_division=0) for one in np.linspace(0, 1, 201)]
    assert ours >= max(others) - 1e-12


def test_it_lies_half_way_between_two_probabilities() -> None:
    assert best_threshold(np.array([0.9, 0.7, 0.2, 0.1]), np.array([True, True, False, False])) == pytest.approx(0.45)


def test_equal_probabilities_are_given_together() -> None:
    chances = np.array([0.8, 0.8, 0.8, 0.1])
    threshold = best_threshold(chances, np.array([True, False, False, False]))
    assert (chances >= threshold).tolist() == [True, True, True, False]


def test_a_label_that_no_row_has_is_given_from_a_half_on() -> None:
    assert best_threshold(np.array([0.4, 0.2]), np.array([False, False])) == 0.5


def test_a_rare_label_shares_the_threshold_of_all() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random((200, 2)) < [0.4, 0.01]
    truth[:3, 1] = True
    chances = np.clip(rng.normal(0.3 + 0.3 * truth, 0.15), 0, 1)
    thresholds = choose_thresholds(chances, truth)
    assert thresholds[0] == best_threshold(chances[:, 0], truth[:, 0])
    assert thresholds[1] == best_threshold(chances.ravel(), truth.ravel())


def test_shapes_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InputError, match="truth"):
        choose_thresholds(np.zeros((3, 2)), np.zeros((3, 1)))
