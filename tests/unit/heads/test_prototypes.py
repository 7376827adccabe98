"""Prototypes: the unit mean of each label."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import DataError, InputError
from trivet.heads.prototypes import Prototypes, leave_one_out_cosines


def test_a_prototype_is_the_unit_mean_of_unit_embeddings() -> None:
    # The length of an embedding does not count: the second row points half-way between the axes.
    rows = np.array([[1.0, 0.0], [3.0, 3.0], [0.0, 2.0]])
    prototypes = Prototypes.fit(rows, [0, 0, 1], ("a", "b"))
    angle = np.pi / 8
    np.testing.assert_allclose(prototypes.means, [[np.cos(angle), np.sin(angle)], [0.0, 1.0]], atol=1e-6)
    np.testing.assert_allclose(prototypes.scores([[5.0, 0.0]]), [[np.cos(angle), 0.0]], atol=1e-6)


def test_a_label_is_added_without_the_rows_of_the_others() -> None:
    rows, truth = np.eye(3), np.arange(3)
    grown = Prototypes.fit(rows[:2], truth[:2], ("a", "b")).with_label("c", rows[2:])
    together = Prototypes.fit(rows, truth, ("a", "b", "c"))
    np.testing.assert_array_equal(grown.means, together.means)
    assert grown.labels == together.labels


def test_a_label_cannot_be_added_twice_or_from_nothing() -> None:
    prototypes = Prototypes.fit(np.eye(2), [0, 1], ("a", "b"))
    with pytest.raises(DataError, match="known already"):
        prototypes.with_label("a", np.eye(2))
    with pytest.raises(DataError, match="no rows"):
        prototypes.with_label("c", np.zeros((0, 2)))
    with pytest.raises(InputError, match="wide"):
        prototypes.with_label("c", np.eye(3))


def test_leave_one_out_cosines_are_those_of_prototypes_fitted_without_the_row() -> None:
    random = np.random.default_rng(0)
    embeddings = random.normal(size=(9, 4)).astype(np.float32)
    truth = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    found = leave_one_out_cosines(embeddings, truth)
    for row in range(9):
        others = np.arange(9) != row
        without = Prototypes.fit(embeddings[others], truth[others], ("a", "b", "c"))
        np.testing.assert_allclose(found[row, truth[row]], without.scores(embeddings[[row]])[0, truth[row]], atol=1e-5)


def test_a_row_alone_with_its_label_has_cosine_0_to_it() -> None:
    found = leave_one_out_cosines(np.eye(3, dtype=np.float32), np.array([0, 1, 1]))
    assert found[0, 0] == 0
