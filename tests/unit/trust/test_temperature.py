"""Temperature: the one number that makes confidences mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.trust.temperature import fit_temperature, log_loss, probabilities


def draw(count: int, *, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits, and labels drawn from their softmax: the right temperature is 1."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((count, 5))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return logits, (chances.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1).clip(max=4)


def test_probabilities_are_a_softmax() -> None:
    special = pytest.importorskip("scipy.special")
    scores = np.random.default_rng(0).standard_normal((10, 4)) * 50
    np.testing.assert_allclose(probabilities(scores, 0.3), special.softmax(scores / 0.3, axis=1), atol=1e-12)


@pytest.mark.parametrize("scale", [0.1, 1.0, 7.0])
def test_scores_that_were_scaled_are_scaled_back(scale: float) -> None:
    logits, truth = draw(20_000)
    assert fit_temperature(scale * logits, truth) == pytest.approx(scale, rel=0.03)


def test_it_has_the_lowest_log_loss_of_a_fine_grid() -> None:
    logits, truth = draw(4000, seed=1)
    fitted = fit_temperature(3 * logits, truth)
    grid = np.geomspace(0.3, 30, 2000)
    losses = [log_loss(3 * logits, truth, temperature=one) for one in grid]
    assert fitted == pytest.approx(grid[int(np.argmin(losses))], rel=0.01)


def test_log_loss_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    logits, truth = draw(500)
    expected = metrics.log_loss(truth, probabilities(logits, 2.0), labels=range(5))
    assert log_loss(logits, truth, temperature=2.0) == pytest.approx(expected)


def test_rows_that_are_all_right_do_not_make_certain() -> None:
    scores = np.eye(4)[np.arange(40) % 4]
    temperature = fit_temperature(scores, np.arange(40) % 4)
    assert 0.9 < probabilities(scores, temperature).max() < 1 - 1e-4


def test_scores_that_tell_nothing_keep_temperature_one() -> None:
    assert fit_temperature(np.ones((5, 3)), np.zeros(5, dtype=int)) == 1.0


def test_bad_input_is_named() -> None:
    scores = np.zeros((3, 2))
    scores[1, 0] = np.nan
    with pytest.raises(InputError, match="row 1"):
        fit_temperature(scores, [0, 0, 0])
    with pytest.raises(InputError, match="row 1"):
        probabilities(scores, 1.0)
    with pytest.raises(InputError, match="truth"):
        fit_temperature(np.eye(3), [0, 1])
    with pytest.raises(InputError, match="outside"):
        fit_temperature(np.eye(3), [0, 1, 3])
    with pytest.raises(InputError, match="no rows"):
        fit_temperature(np.zeros((0, 3)), [])
