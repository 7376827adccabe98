import math
from typing import Any

import pytest
import torch

from trivet.recipe.training import TrainingRecipe
from trivet.training.schedules import build_schedule


def rates(decay: Any, *, warmup: float = 0.1, steps: int = 100) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = build_schedule(optimizer, TrainingRecipe(decay=decay, warmup=warmup), steps=steps)
    found = []
    for _ in range(steps):
        found.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("decay", ["linear", "cosine", "none"])
def test_the_rate_rises_over_the_share_of_the_steps(decay: str) -> None:
    assert rates(decay)[:11] == pytest.approx([2.0 * step / 10 for step in range(11)])


def test_linear_falls_in_a_straight_line_to_zero() -> None:
    assert rates("linear")[10:] == pytest.approx([2.0 * (100 - step) / 90 for step in range(10, 100)])


def test_cosine_falls_in_half_a_wave() -> None:
    expected = [1.0 + math.cos(math.pi * (step - 10) / 90) for step in range(10, 100)]
    assert rates("cosine")[10:] == pytest.approx(expected)


def test_none_keeps_the_rate() -> None:
    assert set(rates("none")[10:]) == {2.0}


def test_without_warm_up_the_first_step_has_the_full_rate() -> None:
    assert rates("linear", warmup=0.0)[0] == 2.0
