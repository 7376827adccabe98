"""Ridge regression for any targets, against scikit-learn and against leaving rows out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from trivet.errors import DataError
from trivet.heads.load import load_head
from trivet.heads.ridge import fit_ridge


def make_rows(count: int = 90, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings of width 8 and two targets that are linear in them, with noise."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((count, 8))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rows, rows @ rng.standard_normal((8, 2)) + 0.1 * rng.standard_normal((count, 2))


@pytest.mark.parametrize("expansion", [0, 32, 400])
def test_weights_are_those_of_scikit_learn(expansion: int) -> None:
    rows, targets = make_rows()
    head = fit_ridge(rows, targets, ("a", "b"), expansion=expansion, penalties=(0.5,), seed=3)
    features = head.expansion.features(rows).astype(np.float64)
    oracle = Ridge(alpha=0.5, fit_intercept=False).fit(features, targets)
    np.testing.assert_allclose(head.scores(rows), oracle.predict(features), atol=2e-4)


@pytest.mark.parametrize("expansion", [0, 32, 400])
def test_held_out_scores_are_those_of_a_fit_without_the_row(expansion: int) -> None:
    rows, targets = make_rows(40)
    head = fit_ridge(rows, targets, ("a", "b"), expansion=expansion, penalties=(0.5,), seed=3)
    assert head.leave_one_out_scores is not None
    features = head.expansion.features(rows).astype(np.float64)
    for row in (0, 17, 39):
        kept = np.arange(40) != row
        oracle = Ridge(alpha=0.5, fit_intercept=False).fit(features[kept], targets[kept])
        np.testing.assert_allclose(head.leave_one_out_scores[row], oracle.predict(features[[row]])[0], atol=2e-3)


def test_the_penalty_with_the_least_held_out_error_is_chosen() -> None:
    rows, targets = make_rows()
    head = fit_ridge(rows, targets, ("a", "b"), expansion=0, penalties=(1000.0, 0.1, 100.0), seed=0)
    assert head.penalty == 0.1


def test_it_is_saved_as_any_analytic_head() -> None:
    rows, targets = make_rows()
    head = fit_ridge(rows, targets, ("a", "b"), expansion=32, penalties=(0.5,), seed=3)
    again = load_head(json.loads(json.dumps(head.describe())), head.tensors())
    np.testing.assert_array_equal(again.scores(rows), head.scores(rows))


def test_it_cannot_learn_a_label_later_and_says_so() -> None:
    rows, targets = make_rows()
    head = fit_ridge(rows, targets, ("a", "b"), expansion=32, penalties=(0.5,), seed=3)
    with pytest.raises(DataError, match="no statistics"):
        head.with_label("c", rows[:3])


def test_targets_that_do_not_fit_are_refused() -> None:
    rows, targets = make_rows()
    with pytest.raises(DataError, match="targets"):
        fit_ridge(rows, targets[:, :1], ("a", "b"), expansion=0, penalties=(1.0,), seed=0)
    targets[4, 1] = np.nan
    with pytest.raises(DataError, match="row 4"):
        fit_ridge(rows, targets, ("a", "b"), expansion=0, penalties=(1.0,), seed=0)
    with pytest.raises(DataError, match="penalt"):
        fit_ridge(rows, make_rows()[1], ("a", "b"), expansion=0, penalties=(), seed=0)
