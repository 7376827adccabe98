"""Metrics, against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.evaluation.intervals import bootstrap_statistic
from trivet.evaluation.metrics.calibration import brier, ece, ece_interval, reliability
from trivet.evaluation.metrics.classification import (
    accuracy,
    count_confusion,
    macro_f1,
    macro_f1_interval,
    score_classes,
    worst_confusions,
)
from trivet.evaluation.metrics.ranking import hit_rate, hit_rate_at_places, ndcg, ndcg_at_places

LABELS = ("a", "b", "c", "d", "e")


def draw(rows: int = 400, *, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Labels of which the last never occurs, seven in ten right."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=rows)
    return truth, np.where(rng.random(rows) < 0.7, truth, rng.integers(4, size=rows))


def test_accuracy_f1_and_confusion_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, predicted = draw()
    counts = count_confusion(truth, predicted, classes=5)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(truth, predicted, labels=range(5)))
    assert accuracy(counts) == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert macro_f1(counts) == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    expected = metrics.precision_recall_fscore_support(truth, predicted, labels=range(5), zero_division=0)
    for at, one in enumerate(score_classes(counts, LABELS)):
        assert one.label == LABELS[at]
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx([part[at] for part in expected])


def test_the_interval_of_macro_f1_is_that_of_resampled_rows() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, predicted = draw(120)

    def resample(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.array([metrics.f1_score(truth[rows], predicted[rows], average="macro") for rows in drawn])

    slow = bootstrap_statistic(resample, 120, seed=0, rounds=600)
    quick = macro_f1_interval(count_confusion(truth, predicted, classes=5), seed=0, rounds=20_000)
    assert (quick.low, quick.high) == pytest.approx((slow.low, slow.high), abs=0.012)


def test_the_worst_confusions_come_first() -> None:
    counts = count_confusion([0, 0, 0, 1, 2, 2], [1, 1, 0, 1, 0, 2], classes=3)
    found = [(one.truth, one.predicted, one.rows) for one in worst_confusions(counts, LABELS[:3])]
    assert found == [("a", "b", 2), ("c", "a", 1)]


def test_ece_by_hand() -> None:
    # Two bins of two rows: |(0.3 + 0.4) / 2 - 0.5| = 0.15 and |(0.8 + 1.0) / 2 - 1.0| = 0.1.
    assert ece([0.4, 0.3, 0.8, 1.0], [True, False, True, True], bins=2) == pytest.approx((0.15 + 0.1) / 2)
    assert ece([0.7], [True], bins=15) == pytest.approx(0.3)
    low, high = reliability([0.4, 0.3, 0.8, 1.0], [True, False, True, True], bins=2)
    assert (low.confidence, low.accuracy, low.rows) == (pytest.approx(0.35), 0.5, 2)
    assert (high.confidence, high.accuracy, high.rows) == (pytest.approx(0.9), 1.0, 2)


def test_calibrated_confidences_have_a_low_ece_and_inflated_ones_a_high_one() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.uniform(0.2, 1, size=5000)
    correct = rng.random(5000) < confidences
    assert ece(confidences, correct) < 0.03
    assert ece(np.sqrt(confidences), correct) > 0.1
    ends = ece_interval(np.sqrt(confidences), correct, seed=0, rounds=300)
    assert ends.low < ece(np.sqrt(confidences), correct) < ends.high
    assert ends == ece_interval(np.sqrt(confidences), correct, seed=0, rounds=300)


def test_the_brier_score_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    chances = rng.dirichlet(np.ones(4), size=50)
    truth = rng.integers(4, size=50)
    expected = metrics.brier_score_loss(truth, chances, labels=range(4), scale_by_half=False)
    assert brier(chances, truth).mean() == pytest.approx(expected)


def test_a_place_gives_the_ndcg_and_hit_rate_of_its_ranking() -> None:
    places = [1, 3, 10, 11]
    rankings = np.tile(np.arange(20), (4, 1))
    relevant = [{place - 1} for place in places]
    np.testing.assert_allclose(ndcg_at_places(places, 10), ndcg(rankings, relevant, 10))
    np.testing.assert_allclose(hit_rate_at_places(places, 10), hit_rate(rankings, relevant, 10))


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="predicted"):
        count_confusion([0, 1], [0], classes=2)
    with pytest.raises(InputError, match="one of 2"):
        count_confusion([0, 2], [0, 1], classes=2)
    with pytest.raises(InputError, match="true labels"):
        count_confusion([], [], classes=2)
    with pytest.raises(InputError, match="row 0"):
        ece([np.nan], [True])
    with pytest.raises(InputError, match="outcomes"):
        reliability([0.5, 0.6], [True])
    with pytest.raises(InputError, match="truth"):
        brier([[0.5, 0.5]], [0, 1])
    with pytest.raises(InputError, match="places"):
        ndcg_at_places([0], 10)
