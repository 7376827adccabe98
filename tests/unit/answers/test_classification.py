"""How scores become an answer."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.answers.classification import ClassificationFacts, decode
from trivet.errors import InputError
from trivet.trust.risk import OperatingPoint

LABELS = ("a", "b", "c")
POINT = OperatingPoint(risk=0.05, confidence=0.95, threshold=0.6, coverage=0.9, rows=100, held=True)


def test_an_answer_is_the_likeliest_label_with_its_calibrated_probability() -> None:
    facts = ClassificationFacts(LABELS, max_tokens=16, temperature=0.5)
    (answer,) = decode(np.log([[0.2, 0.5, 0.3]]), facts, novelty=None, tokens=[7], truncated=[False])
    squares = np.array([0.04, 0.25, 0.09]) / 0.38
    assert answer.label == "b"
    assert answer.confidence == pytest.approx(squares[1])
    assert [name for name, _ in answer.ranking] == ["b", "c", "a"]
    assert sum(value for _, value in answer.ranking) == pytest.approx(1.0)
    assert (answer.novelty, answer.decision, answer.tokens, answer.truncated) == (None, "answer", 7, False)


def test_foreign_comes_before_unsure_and_unsure_before_an_answer() -> None:
    facts = ClassificationFacts(LABELS, max_tokens=16, operating_point=POINT, novelty_threshold=0.4)
    scores = np.log([[0.9, 0.05, 0.05], [0.5, 0.3, 0.2], [0.9, 0.05, 0.05], [0.5, 0.3, 0.2]])
    answers = decode(scores, facts, novelty=[0.1, 0.1, 0.5, 0.5], tokens=[1] * 4, truncated=[False] * 4)
    assert [answer.decision for answer in answers] == ["answer", "unsure", "out_of_scope", "out_of_scope"]
    assert answers[2].novelty == pytest.approx(0.5)


def test_where_nothing_can_be_promised_every_answer_is_unsure() -> None:
    never = OperatingPoint(risk=0.05, confidence=0.95, threshold=2.0, coverage=0.0, rows=20, held=False)
    facts = ClassificationFacts(LABELS, max_tokens=16, operating_point=never)
    (answer,) = decode([[100.0, 0.0, 0.0]], facts, novelty=None, tokens=[1], truncated=[False])
    assert answer.decision == "unsure"


def test_equal_labels_stand_in_their_order_and_top_cuts_the_ranking() -> None:
    facts = ClassificationFacts(LABELS, max_tokens=16)
    (answer,) = decode(np.zeros((1, 3)), facts, novelty=None, tokens=[1], truncated=[True], top=2)
    assert [name for name, _ in answer.ranking] == ["a", "b"]
    assert answer.truncated


def test_no_rows_give_no_answers() -> None:
    facts = ClassificationFacts(LABELS, max_tokens=16)
    assert decode(np.zeros((0, 3)), facts, novelty=None, tokens=[], truncated=[]) == []


def test_bad_input_is_named() -> None:
    facts = ClassificationFacts(LABELS, max_tokens=16)
    with pytest.raises(InputError, match="row 1"):
        decode([[0, 0, 0], [0, np.nan, 0]], facts, novelty=None, tokens=[1, 1], truncated=[False, False])
    with pytest.raises(InputError, match="2 scores a row for 3 labels"):
        decode([[0, 0]], facts, novelty=None, tokens=[1], truncated=[False])
    with pytest.raises(InputError, match="token counts"):
        decode([[0, 0, 0]], facts, novelty=None, tokens=[], truncated=[False])
    with pytest.raises(InputError, match="novelties"):
        decode([[0, 0, 0]], facts, novelty=[np.nan], tokens=[1], truncated=[False])
