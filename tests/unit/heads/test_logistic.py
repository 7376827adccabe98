"""The logistic head, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import DataError
from trivet.heads.logistic import LogisticHead
from trivet.trust.temperature import probabilities

LABELS = ("a", "b", "c", "d", "e")


def make_rows(count: int, *, labels: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(labels, size=count)
    rows = np.eye(20)[truth] + 0.6 * rng.standard_normal((count, 20))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), truth


@pytest.mark.parametrize("labels", [2, 5])
@pytest.mark.parametrize("penalty", [0.01, 0.1, 1.0, 10.0])
def test_its_probabilities_are_those_of_scikit_learn(penalty: float, labels: int) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    rows, truth = make_rows(400, labels=labels)
    head = LogisticHead.fit(rows, truth, LABELS[:labels], penalties=(penalty,), seed=0)
    # Two classes: scikit-learn penalises one weight vector w where we penalise a pair that ends up as (w/2, -w/2).
    strength = 1 / penalty if labels > 2 else 2 / penalty
    oracle = linear_model.LogisticRegression(C=strength, tol=1e-8, max_iter=5000).fit(rows, truth)
    np.testing.assert_allclose(probabilities(head.scores(rows), 1.0), oracle.predict_proba(rows), atol=1e-3)


def test_the_penalty_is_chosen_on_rows_that_the_fold_has_not_seen() -> None:
    rows, truth = make_rows(300, labels=5)
    head = LogisticHead.fit(rows, truth, LABELS, penalties=(1e-4, 1.0, 1e5), seed=0)
    assert head.penalty == 1.0
    assert head.out_of_fold_scores is not None
    seen = (head.scores(rows).argmax(axis=1) == truth).mean()
    unseen = (head.out_of_fold_scores.argmax(axis=1) == truth).mean()
    assert 0.6 < unseen < seen


def test_one_penalty_is_scored_in_folds_only_where_they_are_asked_for() -> None:
    rows, truth = make_rows(100, labels=5)
    assert LogisticHead.fit(rows, truth, LABELS, penalties=(1.0,), seed=0).out_of_fold_scores is None
    asked = LogisticHead.fit(rows, truth, LABELS, penalties=(1.0,), seed=0, folds=4).out_of_fold_scores
    assert asked is not None
    assert asked.shape == (100, 5)


def test_the_same_seed_gives_the_same_head() -> None:
    rows, truth = make_rows(100, labels=5)
    one, same = (LogisticHead.fit(rows, truth, LABELS, penalties=(0.1, 1.0), seed=7) for _ in range(2))
    np.testing.assert_array_equal(one.weight, same.weight)


def test_a_choice_needs_two_labels() -> None:
    with pytest.raises(DataError, match="two labels"):
        LogisticHead.fit(np.eye(3), np.zeros(3, dtype=int), ("a",), penalties=(1.0,), seed=0)


@pytest.mark.parametrize("penalties", [(), (0.0,), (-1.0, 1.0)])
def test_a_penalty_must_be_above_zero(penalties: tuple[float, ...]) -> None:
    rows, truth = make_rows(20, labels=5)
    with pytest.raises(DataError, match="penalty"):
        LogisticHead.fit(rows, truth, LABELS, penalties=penalties, seed=0)
