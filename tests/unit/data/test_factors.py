"""Behaviour as vectors: what the same people touched lies close."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.data.factors import factorise_behaviour

# Two groups of people who touch different things: items 0-2 and items 3-5; nobody touched item 6.
TWO_WORLDS = [[0, 1, 2], [0, 1], [1, 2], [3, 4, 5], [4, 5], [3, 5]]


def test_what_the_same_people_touched_lies_close_and_the_rest_far() -> None:
    vectors = factorise_behaviour(TWO_WORLDS, 7, width=4, seed=0)
    products = vectors @ vectors.T
    assert products[0, 1] > 0.5
    assert abs(products[0, 4]) < 1e-5
    assert not vectors[6].any()


def test_at_full_width_products_are_the_cosines_between_sets_of_users() -> None:
    random = np.random.default_rng(3)
    histories = [random.choice(8, size=4, replace=False).tolist() for _ in range(40)]
    touched = np.zeros((40, 8))
    for user, history in enumerate(histories):
        touched[user, history] = 1.0
    unit = touched / np.linalg.norm(touched, axis=0)
    vectors = factorise_behaviour(histories, 8, width=7, seed=0)
    cosines = unit.T @ unit
    values, axes = np.linalg.eigh(cosines)
    # The seven largest of eight eigenvalues are kept: what is lost is the smallest one's part.
    expected = cosines - values[0] * np.outer(axes[:, 0], axes[:, 0])
    assert vectors @ vectors.T == pytest.approx(expected, abs=1e-5)


def test_the_same_behaviour_gives_the_same_vectors_whatever_the_seed() -> None:
    one, other = (factorise_behaviour(TWO_WORLDS, 7, width=2, seed=seed) for seed in (0, 1))
    assert np.abs(one @ one.T - other @ other.T).max() < 1e-5


def test_a_width_that_the_behaviour_does_not_fill_is_zero_at_the_end() -> None:
    vectors = factorise_behaviour([[0, 1], [1]], 2, width=8, seed=0)
    assert vectors.shape == (2, 8)
    assert not vectors[:, 1:].any()


def test_an_item_touched_twice_by_one_person_counts_once() -> None:
    once = factorise_behaviour(TWO_WORLDS, 7, width=4, seed=0)
    twice = factorise_behaviour([[*history, history[0]] for history in TWO_WORLDS], 7, width=4, seed=0)
    assert np.abs(once @ once.T - twice @ twice.T).max() < 1e-5
