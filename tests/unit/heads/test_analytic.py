"""The analytic head: against ridge regression written out, and its exact learning and forgetting."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import DataError
from trivet.heads.analytic import AnalyticHead
from trivet.heads.load import load_head

LABELS = ("a", "b", "c", "d")


def make_rows(count: int, *, dim: int = 16, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(len(LABELS), size=count)
    rows = np.eye(dim)[truth] + 0.5 * rng.standard_normal((count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), truth


def fit(
    rows: NDArray[np.float32], truth: NDArray[np.int64], *, expansion: int = 48, penalty: float = 1.0
) -> AnalyticHead:
    return AnalyticHead.fit(rows, truth, LABELS, expansion=expansion, penalties=(penalty,), seed=3)


@pytest.mark.parametrize("expansion", [0, 48])
def test_the_weights_are_those_of_ridge_regression_written_out(expansion: int) -> None:
    rows, truth = make_rows(200)
    head = fit(rows, truth, expansion=expansion)
    features = head.expansion.features(rows).astype(np.float64)
    gram = features.T @ features + np.eye(features.shape[1])
    expected = np.linalg.solve(gram, features.T @ np.eye(4)[truth])
    np.testing.assert_allclose(head.weights, expected, atol=1e-6)


def test_the_features_are_a_random_relu_layer() -> None:
    rows, truth = make_rows(50)
    head = fit(rows, truth)
    assert head.expansion.projection is not None
    expected = np.maximum(rows @ head.expansion.projection, 0)
    np.testing.assert_allclose(head.expansion.features(rows), expected, atol=5e-3)


@pytest.mark.parametrize("count", [12, 200], ids=["few rows", "many rows"])
def test_leave_one_out_scores_are_those_of_fits_without_the_row(count: int) -> None:
    rows, truth = make_rows(count)
    head = fit(rows, truth)
    assert head.leave_one_out_scores is not None
    for left_out in range(0, count, 7):
        rest = np.arange(count) != left_out
        alone = fit(rows[rest], truth[rest]).scores(rows[left_out : left_out + 1])
        np.testing.assert_allclose(head.leave_one_out_scores[left_out], alone[0], atol=2e-4)


def test_the_penalty_with_the_best_leave_one_out_accuracy_is_chosen() -> None:
    rows, truth = make_rows(300)
    penalties = (1e-3, 1e-1, 1e1, 1e3)
    head = AnalyticHead.fit(rows, truth, LABELS, expansion=48, penalties=penalties, seed=3)
    accuracies = {}
    for penalty in penalties:
        scores = fit(rows, truth, penalty=penalty).leave_one_out_scores
        assert scores is not None
        accuracies[penalty] = (scores.argmax(axis=1) == truth).mean()
    assert accuracies[head.penalty] == max(accuracies.values())


def test_a_label_learnt_at_once_leaves_the_head_of_learning_everything_together() -> None:
    rows, truth = make_rows(400)
    old = truth < 3
    grown = AnalyticHead.fit(rows[old], truth[old], LABELS[:3], expansion=48, penalties=(1.0,), seed=3).with_label(
        "d", rows[~old]
    )
    np.testing.assert_array_equal(grown.weights, fit(rows, truth).weights)
    assert grown.labels == LABELS


def test_the_order_and_the_batches_of_the_rows_leave_no_trace() -> None:
    rows, truth = make_rows(300)
    order = np.random.default_rng(1).permutation(300)
    whole = fit(rows, truth)
    piecewise = fit(rows[order[:7]], truth[order[:7]])
    for start in range(7, 300, 41):
        part = order[start : start + 41]
        piecewise = piecewise.with_rows(rows[part], truth[part])
    np.testing.assert_array_equal(piecewise.weights, whole.weights)


def test_rows_that_are_taken_away_leave_no_trace() -> None:
    rows, truth = make_rows(300)
    kept = np.arange(300) % 5 != 0
    never = fit(rows[kept], truth[kept])
    forgotten = fit(rows, truth).without_rows(rows[~kept], truth[~kept])
    np.testing.assert_array_equal(forgotten.weights, never.weights)
    assert forgotten.statistics is not None
    assert never.statistics is not None
    np.testing.assert_array_equal(forgotten.statistics.gram, never.statistics.gram)
    np.testing.assert_array_equal(forgotten.statistics.counts, never.statistics.counts)


def test_a_label_that_loses_all_its_rows_is_never_the_answer() -> None:
    rows, truth = make_rows(300)
    gone = fit(rows, truth).without_rows(rows[truth == 2], truth[truth == 2])
    assert not gone.weights[:, 2].any()
    assert 2 not in gone.scores(rows).argmax(axis=1)


def test_more_rows_than_were_learnt_cannot_be_taken_away() -> None:
    rows, truth = make_rows(40)
    head = fit(rows[:20], truth[:20])
    with pytest.raises(DataError, match="only"):
        head.without_rows(rows, truth)


def test_features_of_real_widths_are_the_same_bits_in_every_batch() -> None:
    rows, truth = make_rows(65, dim=384)
    head = fit(rows, truth, expansion=1000)
    together = head.expansion.features(rows)
    for at in range(0, 65, 8):
        np.testing.assert_array_equal(head.expansion.features(rows[at : at + 1])[0], together[at])
    np.testing.assert_array_equal(head.expansion.features(rows[10:43]), together[10:43])


def test_a_label_that_is_known_cannot_be_added() -> None:
    rows, truth = make_rows(40)
    with pytest.raises(DataError, match="known already"):
        fit(rows, truth).with_label("a", rows)


def test_a_loaded_head_says_that_it_cannot_learn() -> None:
    rows, truth = make_rows(40)
    head = fit(rows, truth)
    loaded = load_head(head.describe(), head.tensors())
    assert isinstance(loaded, AnalyticHead)
    with pytest.raises(DataError, match="no statistics"):
        loaded.with_label("e", rows)


@pytest.mark.parametrize("penalties", [(), (0.0,), (1.0, -1.0)])
def test_a_penalty_must_be_above_zero(penalties: tuple[float, ...]) -> None:
    rows, truth = make_rows(40)
    with pytest.raises(DataError, match="penalty"):
        AnalyticHead.fit(rows, truth, LABELS, expansion=8, penalties=penalties, seed=0)


def test_the_seed_decides_the_projection() -> None:
    rows, truth = make_rows(40)
    one, same = fit(rows, truth), fit(rows, truth)
    other = AnalyticHead.fit(rows, truth, LABELS, expansion=48, penalties=(1.0,), seed=4)
    np.testing.assert_array_equal(one.scores(rows), same.scores(rows))
    assert not np.allclose(one.scores(rows), other.scores(rows))
