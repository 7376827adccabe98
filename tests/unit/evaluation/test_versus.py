"""Two models side by side: who is better, by how much, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.errors import InputError
from trivet.evaluation.build import build_report
from trivet.evaluation.report import Report, Subject
from trivet.evaluation.rows import JudgedRows
from trivet.evaluation.versus import lines, put_side_by_side

LABELS = ("a", "b")
ROWS = 400
TRUTH = ["a" if at % 2 else "b" for at in range(ROWS)]


def judge(right: Any, *, confidence: float = 0.9, sha256: str = "1" * 64) -> Report:
    """A report of a model that is right on these rows."""
    answers = []
    for truth, hit, at in zip(TRUTH, right, range(ROWS), strict=True):
        label = truth if hit else LABELS[truth == "a"]
        other = LABELS[label == "a"]
        ranking = ((label, confidence), (other, 1 - confidence))
        tokens = 4 if at < ROWS // 2 else 20
        answers.append(ClassificationAnswer(label, confidence, ranking, None, "answer", tokens, truncated=False))
    rows = JudgedRows(truth=TRUTH, train_labels=["a", "b"])
    subject = Subject("desk", 1, "toy", "test", sha256)
    return build_report(subject, rows, answers, ClassificationFacts(LABELS, 32), baselines={})


def test_a_better_model_is_superior_and_the_flips_are_counted() -> None:
    every = np.arange(ROWS)
    a, b = judge(every % 20 != 0), judge(every % 5 != 0)
    found = put_side_by_side(a, b, names=("new", "live"))
    accuracy = found.metrics["accuracy"]
    assert (accuracy.a, accuracy.b) == (0.95, 0.8)
    assert accuracy.test.difference == pytest.approx(0.15)
    assert accuracy.test.low < 0.15 < accuracy.test.high
    assert found.verdict == "superior"
    assert found.flips is not None
    assert (found.flips.only_a, found.flips.only_b, found.flips.neither) == (60, 0, 0)
    assert found.metrics["brier"].test.verdict == "superior"
    assert put_side_by_side(b, a, names=("b", "a")).verdict == "inferior"


def test_the_better_calibrated_of_two_that_are_right_alike_is_found() -> None:
    right = np.arange(ROWS) % 20 != 0
    found = put_side_by_side(judge(right, confidence=0.95), judge(right, confidence=0.6), names=("a", "b"))
    assert found.verdict == "equal"
    gap = found.metrics["ece"].test
    assert gap.verdict == "superior"
    assert gap.difference == pytest.approx(found.metrics["ece"].a - found.metrics["ece"].b)
    assert gap.low < gap.difference < gap.high < 0


def test_a_model_is_equal_to_itself() -> None:
    one = judge(np.arange(ROWS) % 7 != 0)
    found = put_side_by_side(one, one, names=("one", "one"))
    assert found.verdict == "equal"
    assert all(pair.test.p == 1.0 and pair.test.difference == 0 for pair in found.metrics.values())
    assert found.flips is not None
    assert (found.flips.only_a, found.flips.only_b) == (0, 0)


def test_the_part_where_they_differ_is_found() -> None:
    early = np.arange(ROWS) < ROWS // 2
    a, b = judge(np.ones(ROWS, dtype=bool)), judge(~early | (np.arange(ROWS) % 3 > 0))
    parts = {part.name: part for part in put_side_by_side(a, b, names=("a", "b")).parts if part.by == "length"}
    assert parts["1-8 tokens"].p < 0.001
    assert parts["17-32 tokens"].p == 1.0


def test_p_values_of_parts_are_corrected_for_their_number() -> None:
    luck = np.arange(ROWS) >= 6
    found = put_side_by_side(judge(np.ones(ROWS, dtype=bool)), judge(luck), names=("a", "b"))
    whole = found.metrics["accuracy"].test.p
    assert whole < 0.05
    assert min(part.p for part in found.parts) > whole


def test_lines_say_what_json_says() -> None:
    found = put_side_by_side(judge(np.ones(ROWS)), judge(np.arange(ROWS) % 4 > 0), names=("new", "live"))
    told = "\n".join(lines(found))
    assert "A new, B live: 400 test rows of toy" in told
    assert "A is superior" in told
    assert found.to_json()["metrics"]["accuracy"]["test"]["verdict"] == "superior"


def test_other_rows_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="same rows"):
        put_side_by_side(judge(np.ones(ROWS)), judge(np.ones(ROWS), sha256="2" * 64), names=("a", "b"))
