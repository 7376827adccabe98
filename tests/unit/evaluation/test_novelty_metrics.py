"""How well foreign texts are told: by the formulas of the books."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import InputError
from trivet.evaluation.metrics.novelty import auroc, auroc_interval, recall_at, recall_interval


def draw() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal(300).round(1), (rng.standard_normal(200) + 1).round(1)


def test_the_area_is_that_of_scikit_learn_ties_too() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    known, foreign = draw()
    kinds = np.repeat([0, 1], [len(known), len(foreign)])
    assert auroc(known, foreign) == pytest.approx(metrics.roc_auc_score(kinds, np.concatenate([known, foreign])))


def test_recall_is_counted_above_what_refuses_the_share() -> None:
    known = np.arange(100)
    assert (known > 94).mean() == 0.05
    assert recall_at(known, [93, 94, 95, 96, 99], refused=0.05) == pytest.approx(3 / 5)
    assert recall_at(np.zeros(10), [0.0, 1.0], refused=0.0) == 0.5


def test_intervals_hold_their_figures() -> None:
    known, foreign = draw()
    ends = auroc_interval(known, foreign, seed=0)
    assert ends.low < auroc(known, foreign) < ends.high
    assert ends == auroc_interval(known, foreign, seed=0)
    ends = recall_interval(known, foreign, refused=0.05, seed=0)
    assert ends.low <= recall_at(known, foreign, refused=0.05) <= ends.high


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="values"):
        auroc([], [1.0])
    with pytest.raises(InputError, match="row 0"):
        auroc([1.0], [np.nan])
