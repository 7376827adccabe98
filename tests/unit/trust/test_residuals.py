"""The promised interval of a number holds what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import InputError
from trivet.trust.residuals import conformal_margin


def test_it_is_the_conformal_rank_of_the_absolute_residuals() -> None:
    # ceil(10 * 0.8) = 8th smallest of nine.
    assert conformal_margin([1, -2, 3, -4, 5, -6, 7, -8, 9], 0.8) == 8.0


def test_too_few_rows_promise_nothing() -> None:
    assert conformal_margin([0.1] * 8, 0.9) is None
    assert conformal_margin([0.1] * 9, 0.9) == 0.1


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_fresh_rows_lie_within_it_as_often_as_promised(coverage: float) -> None:
    rng = np.random.default_rng(7)
    held = []
    for _ in range(400):
        margin = conformal_margin(rng.standard_t(3, size=50), coverage)
        assert margin is not None
        held.append((np.abs(rng.standard_t(3, size=200)) <= margin).mean())
    # Between the promise and one in N + 1 above it, but for the noise of 400 draws.
    assert coverage - 0.012 <= np.mean(held) <= coverage + 1 / 51 + 0.012


def test_a_residual_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError, match="finite"):
        conformal_margin([0.1, np.nan], 0.9)
    with pytest.raises(InputError, match="at least one"):
        conformal_margin([], 0.9)
