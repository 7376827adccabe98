"""Novelty: how far a text lies from everything that was learnt."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import InputError
from trivet.heads.prototypes import Prototypes
from trivet.trust.novelty import leave_one_out_novelty, novelty, refuse_threshold


def test_it_is_one_minus_the_cosine_to_the_nearest_prototype() -> None:
    rows = [[2.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [0.0, 0.0]]
    found = novelty(rows, [[1.0, 0.0], [0.0, -5.0]])
    np.testing.assert_allclose(found, [0.0, 1 - np.sqrt(0.5), 1.0, 1.0], atol=1e-6)
    assert found.dtype == np.float32


def test_a_row_left_out_does_not_count_for_its_own_prototype() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(30) % 3
    rows = np.eye(6)[truth] + 0.3 * rng.standard_normal((30, 6))
    found = leave_one_out_novelty(rows, truth)
    for left_out in range(30):
        rest = np.arange(30) != left_out
        means = Prototypes.fit(rows[rest], truth[rest], ("a", "b", "c")).means
        assert found[left_out] == pytest.approx(novelty(rows[left_out : left_out + 1], means)[0], abs=1e-5)


def test_a_row_alone_with_its_label_is_compared_with_the_others() -> None:
    np.testing.assert_allclose(leave_one_out_novelty(np.eye(2), [0, 1]), [1.0, 1.0])


def test_the_threshold_refuses_at_most_the_share_of_new_texts() -> None:
    rng = np.random.default_rng(0)
    refused = [(rng.random(2000) > refuse_threshold(rng.random(200), 0.05)).mean() for _ in range(300)]
    assert 0.04 < np.mean(refused) <= 0.051


def test_too_few_rows_refuse_nothing() -> None:
    assert refuse_threshold([0.1, 0.2], 0.03) >= 2.0


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="prototypes"):
        novelty(np.eye(3), np.eye(2))
    with pytest.raises(InputError, match="finite"):
        novelty([[np.nan, 1.0]], np.eye(2))
    with pytest.raises(InputError, match="truth"):
        leave_one_out_novelty(np.eye(3), [0])
    with pytest.raises(InputError, match="at least one"):
        refuse_threshold([], 0.05)
