"""The fit of a batch's time finds what made it."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.runtime.batch_time import BatchTime


def test_it_knows_nothing_before_the_first_batch():
    assert BatchTime().predict(tokens=1000, batches=10) == 0.0


def test_it_finds_slope_and_offset_of_exact_times():
    fit = BatchTime()
    for tokens in (16, 64, 256, 512, 768):
        fit.learn(tokens=tokens, seconds=0.002 + 0.0001 * tokens)
    assert fit.coefficients() == pytest.approx((0.0001, 0.002))
    assert fit.predict(tokens=1000, batches=3) == pytest.approx(0.106)


def test_batches_of_one_size_put_all_the_time_on_the_tokens():
    fit = BatchTime()
    for _ in range(5):
        fit.learn(tokens=100, seconds=0.01)
    assert fit.predict(tokens=200, batches=2) == pytest.approx(0.02)


def test_it_follows_an_engine_that_becomes_slower():
    fit, rng = BatchTime(), np.random.default_rng(0)
    for factor in (1.0, 3.0):
        for tokens in rng.integers(8, 768, size=300):
            fit.learn(tokens=int(tokens), seconds=factor * 1e-4 * tokens)
    assert fit.coefficients()[0] == pytest.approx(3e-4, rel=0.05)


@pytest.mark.parametrize("times", [[(10, 0.2), (100, 0.1)], [(10, 0.0001), (100, 0.1), (101, 0.102)]])
def test_neither_slope_nor_offset_ever_falls_below_zero(times):
    fit = BatchTime()
    for tokens, seconds in times:
        fit.learn(tokens=tokens, seconds=seconds)
    assert min(fit.coefficients()) >= 0.0
