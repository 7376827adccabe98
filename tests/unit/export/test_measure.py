from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from trivet.export.measure import compare_outputs, measure_agreement, measure_invariance
from trivet.runtime.engine import Floats
from trivet.runtime.openvino_engine import OpenVinoEngine


def outputs(embedding: list[list[float]], logits: list[list[float]] | None = None) -> dict[str, Floats]:
    found = {"embedding": np.asarray(embedding, dtype=np.float32)}
    return found if logits is None else found | {"logits": np.asarray(logits, dtype=np.float32)}


def test_equal_outputs_have_no_distance() -> None:
    same = outputs([[1, 0], [0, 1]], [[1, 0], [0, 1]])
    distance = compare_outputs(same, same)
    assert (distance.rows, distance.changed, distance.difference) == (2, 0, 0.0)
    assert distance.agreement == distance.cosine == 1.0


def test_answers_that_differ_are_counted() -> None:
    left = outputs([[1, 0], [0, 1], [1, 0]], [[1, 0], [0, 1], [3, 1]])
    right = outputs([[1, 0], [1, 0], [1, 0]], [[0, 1], [0, 1], [2, 1]])
    distance = compare_outputs(left, right)
    assert distance.changed == 1
    assert distance.agreement == pytest.approx(2 / 3)
    assert distance.difference == 1.0
    assert distance.cosine == 0.0


def test_scores_may_come_from_a_head() -> None:
    def score(rows: Mapping[str, Floats]) -> Floats:
        return rows["embedding"]

    left, right = outputs([[1, 0], [0, 1]]), outputs([[1, 0], [1, 0]])
    assert compare_outputs(left, right).changed is None
    assert compare_outputs(left, right).agreement is None
    assert compare_outputs(left, right, score=score).changed == 1


def test_no_answer_changes_between_a_batch_of_one_and_a_padded_batch(tiny: Any, tiny_logits: Any) -> None:
    encoded = tiny.tokenizer().encode(tiny.texts * 4)
    for precision in ("int8", "fp32"):
        distance = measure_invariance(OpenVinoEngine(tiny_logits, precision=precision, threads=1), encoded)
        assert (distance.rows, distance.changed) == (48, 0)
        assert distance.difference < 5e-3


def test_int8_agrees_with_float32(tiny: Any, tiny_logits: Any) -> None:
    small, exact = (OpenVinoEngine(tiny_logits, precision=precision, threads=1) for precision in ("int8", "fp32"))
    distance = measure_agreement(small, exact, tiny.tokenizer().encode(tiny.texts))
    assert distance.agreement == 1.0
    assert distance.cosine > 0.999
