"""One logistic regression a label, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from trivet.errors import DataError
from trivet.heads.one_vs_rest import fit_one_vs_rest


def make_rows(count: int = 120, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit embeddings of width 6; label j is likely where component j is high."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((count, 6))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return rows, rng.random((count, 3)) < 1 / (1 + np.exp(-8 * rows[:, :3]))


def test_every_label_is_the_logistic_regression_of_scikit_learn() -> None:
    rows, truth = make_rows()
    head = fit_one_vs_rest(rows, truth, ("a", "b", "c"), penalties=(0.2,), seed=0)
    scores = head.scores(rows)
    for label in range(3):
        oracle = LogisticRegression(C=5.0, tol=1e-8, max_iter=10_000).fit(rows, truth[:, label])
        np.testing.assert_allclose(scores[:, label], oracle.decision_function(rows), atol=2e-2)


def test_a_label_does_not_depend_on_the_others() -> None:
    rows, truth = make_rows()
    together = fit_one_vs_rest(rows, truth, ("a", "b", "c"), penalties=(0.2,), seed=0).scores(rows)
    alone = fit_one_vs_rest(rows, truth[:, [1]], ("b",), penalties=(0.2,), seed=0).scores(rows)
    np.testing.assert_allclose(together[:, [1]], alone, atol=2e-2)


def test_held_out_scores_are_of_fits_that_have_not_seen_the_row() -> None:
    rows, truth = make_rows()
    noise = np.random.default_rng(5).random(truth.shape) < 0.5
    head = fit_one_vs_rest(rows, noise, ("a", "b", "c"), penalties=(0.001,), seed=0, folds=5)
    assert head.out_of_fold_scores is not None
    right = ((head.scores(rows) > 0) == noise).mean()
    held_out = ((head.out_of_fold_scores > 0) == noise).mean()
    assert held_out < 0.55 < right


def test_the_penalty_with_the_least_held_out_loss_is_chosen() -> None:
    rows, truth = make_rows(600)
    assert fit_one_vs_rest(rows, truth, ("a", "b", "c"), penalties=(0.3, 3000.0), seed=0).penalty == 0.3


def test_a_label_that_every_row_has_is_given_to_every_text() -> None:
    rows, truth = make_rows()
    truth[:, 0], truth[:, 1] = True, False
    scores = fit_one_vs_rest(rows, truth, ("a", "b", "c"), penalties=(0.2,), seed=0).scores(rows)
    assert (scores[:, 0] > 0).all()
    assert (scores[:, 1] < 0).all()


def test_truth_of_another_shape_is_refused() -> None:
    rows, truth = make_rows()
    with pytest.raises(DataError, match="targets"):
        fit_one_vs_rest(rows, truth[:-1], ("a", "b", "c"), penalties=(0.2,), seed=0)
