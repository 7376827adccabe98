"""Vector scaling: labels that are not confident alike are scaled apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.trust.temperature import probabilities
from trivet.trust.vector_scaling import VectorScaling, calibrate, fit_calibration, fit_vector_scaling

SCALE, SHIFT = np.array([0.5, 1.0, 1.5, 1.0]), np.array([0.8, -0.4, 0.0, -0.4])


def draw(rows: int, *, seed: int = 0, scale: NDArray[np.float64] = SCALE, shift: NDArray[np.float64] = SHIFT) -> tuple:
    """Scores, and labels drawn from softmax(scale * scores + shift)."""
    rng = np.random.default_rng(seed)
    scores = 2 * rng.standard_normal((rows, 4))
    chances = probabilities(scores * scale + shift, 1.0)
    return scores, (chances.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1).clip(max=3)


def test_scales_and_shifts_that_made_the_labels_are_found() -> None:
    found = fit_vector_scaling(*draw(60_000), temperature=1.0, pull=0.0)
    np.testing.assert_allclose(found.scale, SCALE, atol=0.04)
    np.testing.assert_allclose(np.array(found.shift) - np.mean(found.shift), SHIFT - SHIFT.mean(), atol=0.04)


def test_the_minimum_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    scores, truth = draw(400)
    found = fit_vector_scaling(scores, truth, temperature=0.7, pull=3.0)
    rows, labels = torch.tensor(scores / 0.7), torch.tensor(truth)
    scale, shift = torch.ones(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    scale.requires_grad_()
    shift.requires_grad_()
    optimizer = torch.optim.LBFGS([scale, shift], max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def lose() -> object:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(rows * scale + shift, labels, reduction="sum")
        loss = loss + 1.5 * (((scale - 1) ** 2).sum() + (shift**2).sum())
        loss.backward()
        return loss

    optimizer.step(lose)
    np.testing.assert_allclose(found.scale, scale.detach().numpy(), atol=1e-4)
    np.testing.assert_allclose(found.shift, shift.detach().numpy(), atol=1e-4)


def test_a_strong_pull_is_the_temperature_alone() -> None:
    scores, truth = draw(400)
    vector = fit_vector_scaling(scores, truth, temperature=1.3, pull=1e9)
    np.testing.assert_allclose(calibrate(scores, 1.3, vector), probabilities(scores, 1.3), atol=1e-4)


def test_auto_takes_the_vector_only_where_it_helps_on_unseen_rows() -> None:
    helps = fit_calibration(*draw(3000), kind="auto", folds=5, seed=0)
    plain = draw(60, seed=2, scale=np.full(4, 0.7), shift=np.zeros(4))
    assert helps.vector is not None
    assert fit_calibration(*plain, kind="auto", folds=5, seed=0).vector is None
    assert fit_calibration(*plain, kind="vector", folds=5, seed=0).vector is not None
    assert fit_calibration(*draw(3000), kind="temperature", folds=5, seed=0).vector is None


def test_too_few_rows_keep_the_temperature() -> None:
    assert fit_calibration(np.eye(4), np.arange(4), kind="vector", folds=5, seed=0).vector is None


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="scales"):
        calibrate(np.eye(3), 1.0, VectorScaling((1.0,), (0.0,)))
    with pytest.raises(InputError, match="outside"):
        fit_vector_scaling(np.eye(3), [0, 1, 5], temperature=1.0, pull=1.0)
