from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from trivet.training.job import Job
from trivet.training.step import Stepper

Prepare = Callable[..., tuple[nn.Module, Job[Any]]]


def step_once(prepare: Prepare, *batches: np.ndarray, **knobs: Any) -> tuple[float, nn.Module]:
    module, job = prepare(dropout=0.0, **knobs)
    stepper = Stepper(module, job.task, job.recipe, layer_decay=1.0)
    return stepper.step(job.rows, batches), module


def test_accumulated_batches_are_one_large_batch(prepare: Prepare) -> None:
    """Of unequal sizes, so that a mean of means would differ."""
    rows = np.arange(20)
    split_loss, split = step_once(prepare, rows[:12], rows[12:17], rows[17:])
    whole_loss, whole = step_once(prepare, rows)
    assert split_loss == pytest.approx(whole_loss, rel=1e-5)
    for one, other in zip(split.parameters(), whole.parameters(), strict=True):
        # Adam's first step is the sign of the gradient: where a gradient is zero but for rounding, signs are chance.
        assert (one - other).abs().median() < 1e-6


def test_gradients_are_clipped_to_the_norm(prepare: Prepare) -> None:
    module, job = prepare(dropout=0.0, max_gradient_norm=0.01)
    stepper = Stepper(module, job.task, job.recipe, layer_decay=1.0)
    norms: list[float] = []

    def watch(*_: Any) -> None:
        gradients = [p.grad.flatten() for p in module.parameters() if p.grad is not None]
        norms.append(float(torch.cat(gradients).norm()))

    stepper.optimizer.optimizer.register_step_pre_hook(watch)
    stepper.step(job.rows, [np.arange(8)])
    assert norms == [pytest.approx(0.01, rel=1e-3)]


def test_the_step_is_that_of_plain_adamw(prepare: Prepare) -> None:
    """Against torch's own, written without groups, fusing or accelerate."""
    indices = np.arange(16)
    knobs = {"learning_rate": 1e-3, "head_learning_rate": 1e-3, "weight_decay": 0.0, "max_gradient_norm": 1e9}
    _, ours = step_once(prepare, indices, **knobs)
    theirs, job = prepare(dropout=0.0, **knobs)
    theirs.train()
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-3, weight_decay=0.0, fused=False, foreach=False)
    job.task.loss(theirs, job.task.batch(job.rows, indices)).backward()
    optimizer.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


def test_the_optimisers_state_comes_back(prepare: Prepare) -> None:
    module, job = prepare()
    stepper = Stepper(module, job.task, job.recipe, layer_decay=1.0)
    stepper.step(job.rows, [np.arange(8)])
    saved = {name: tensor.clone() for name, tensor in stepper.optimizer_tensors().items()}
    other_module, other_job = prepare()
    other = Stepper(other_module, other_job.task, other_job.recipe, layer_decay=1.0)
    other.set_optimizer_tensors(saved)
    again = other.optimizer_tensors()
    assert saved.keys() == again.keys()
    assert all(torch.equal(saved[name], again[name]) for name in saved)
