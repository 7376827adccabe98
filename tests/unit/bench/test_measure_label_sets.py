"""Figures of label sets and of numbers come again from what was kept, and only from that."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.metrics import f1_score

from trivet.bench.measure_label_sets import recompute_micro_f1, recompute_mse

SETS: dict[str, Any] = {
    "labels": ["a", "b", "c"],
    "truth": [[0, 1], [], [2], [0]],
    "predicted": [[0], [1], [2], [0, 2]],
}


def test_micro_f1_is_counted_from_indices_of_labels() -> None:
    truth = [[1, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]]
    predicted = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1]]
    assert recompute_micro_f1(SETS) == pytest.approx(f1_score(truth, predicted, average="micro"))


def test_mse_is_counted_from_numbers() -> None:
    assert recompute_mse({"truth": [1.0, 2.0], "predicted": [1.0, 4.0]}) == 2.0


@pytest.mark.parametrize("change", [{"predicted": [[0]]}, {"truth": [], "predicted": []}])
def test_answers_of_other_rows_are_told(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="texts"):
        recompute_micro_f1(SETS | change)
    with pytest.raises(ValueError, match="texts"):
        recompute_mse({"truth": [1.0], "predicted": []})
