"""The nearest items, and how good a ranking is."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.answers.similarity import hit_rate, ndcg, rank_nearest
from trivet.errors import InputError


def test_the_nearest_items_are_those_of_a_full_sort() -> None:
    rng = np.random.default_rng(0)
    queries, items = rng.standard_normal((300, 6)), rng.standard_normal((50, 6))
    indices, cosines = rank_nearest(queries, items, 10)
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (queries, items)]
    expected = unit[0] @ unit[1].T
    np.testing.assert_array_equal(indices, np.argsort(-expected, axis=1)[:, :10])
    np.testing.assert_allclose(cosines, -np.sort(-expected, axis=1)[:, :10], atol=1e-6)


def test_equal_items_stand_in_their_order() -> None:
    items = np.tile([[1.0, 0.0]], (9, 1))
    items[4] = [0.0, 1.0]
    indices, _ = rank_nearest([[1.0, 0.0]], items, 5)
    assert indices.tolist() == [[0, 1, 2, 3, 5]]


def test_excluded_items_are_never_given() -> None:
    indices, cosines = rank_nearest(np.eye(3), np.eye(3), 3, excluded=[[0], [], [0, 1]])
    assert indices.tolist() == [[1, 2, -1], [1, 0, 2], [2, -1, -1]]
    assert np.isneginf(cosines[indices == -1]).all()


def test_ndcg_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    scores = rng.random((40, 30))
    gains = rng.random((40, 30)) < 0.1
    gains[:, 0] = True
    found = ndcg(np.argsort(-scores, axis=1), [np.flatnonzero(row) for row in gains], 10)
    expected = [metrics.ndcg_score(gains[[row]], scores[[row]], k=10) for row in range(40)]
    np.testing.assert_allclose(found, expected)


def test_ndcg_and_hit_rate_by_hand() -> None:
    ranking = [[3, 1, 2], [0, 1, 2], [4, 5, 6]]
    relevant = [{1}, {0, 2}, set()]
    np.testing.assert_allclose(ndcg(ranking, relevant, 3), [1 / np.log2(3), 1.5 / (1 + 1 / np.log2(3)), 0.0])
    assert hit_rate(ranking, relevant, 1).tolist() == [0.0, 1.0, 0.0]
    assert hit_rate(ranking, relevant, 3).tolist() == [1.0, 1.0, 0.0]


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="queries"):
        rank_nearest(np.eye(3), np.eye(2), 1)
    with pytest.raises(InputError, match="items"):
        rank_nearest(np.eye(2), [[np.nan, 1.0]], 1)
    with pytest.raises(InputError, match="excluded"):
        rank_nearest(np.eye(2), np.eye(2), 1, excluded=[[0]])
    with pytest.raises(InputError, match="excluded"):
        rank_nearest(np.eye(2), np.eye(2), 1, excluded=[[0], [2]])
    with pytest.raises(InputError, match="first 3"):
        ndcg([[1, 2]], [{1}], 3)
    with pytest.raises(InputError, match="relevant"):
        hit_rate([[1, 2]], [{1}, {2}], 2)
