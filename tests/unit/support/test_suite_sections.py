"""Every figure of the suite that is not the core's own, against another way to compute it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_curve

from trivet.data.cards import read_card
from trivet.evaluation.metrics.classification import count_confusion
from trivet_service.suites.gates import read_gates
from trivet_support.judging.foreign import make_gibberish
from trivet_support.judging.open import support_suite
from trivet_support.suite.calibration import classwise_ece
from trivet_support.suite.in_scope import order_by_confusion, weigh_f1
from trivet_support.suite.out_of_scope import average_precision, fpr_at
from trivet_support.suite.selective import area, coverage_at, trace


@pytest.fixture
def drawn() -> np.random.Generator:
    return np.random.default_rng(5)


def test_weighted_f1_is_that_of_scikit_learn(drawn):
    truth, given = drawn.integers(6, size=300), drawn.integers(6, size=300)
    counts = count_confusion(truth, given, classes=7)
    assert weigh_f1(counts) == pytest.approx(f1_score(truth, given, average="weighted"))


def test_average_precision_is_that_of_scikit_learn_with_ties_too(drawn):
    known, foreign = drawn.normal(size=200).round(1), drawn.normal(0.7, size=90).round(1)
    expected = average_precision_score([0] * 200 + [1] * 90, [*known, *foreign])
    assert average_precision(known, foreign) == pytest.approx(expected)


def test_false_positives_where_95_percent_are_told_agree_with_the_roc_curve(drawn):
    known, foreign = drawn.normal(size=400), drawn.normal(1.5, size=200)
    false, true, _ = roc_curve([0] * 400 + [1] * 200, [*known, *foreign], drop_intermediate=False)
    assert fpr_at(known, foreign) == pytest.approx(false[np.flatnonzero(true >= 0.95)[0]])


def test_the_curve_of_risk_and_coverage_is_counted_row_by_row():
    levels, right = [0.9, 0.8, 0.7, 0.6], [True, False, True, True]
    coverage, risk = trace(levels, right)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4])
    assert area(levels, right) == pytest.approx(np.mean([0, 1 / 2, 1 / 3, 1 / 4]))


def test_coverage_at_a_precision_is_the_largest_share_that_keeps_it():
    levels, right = [0.9, 0.8, 0.7, 0.6, 0.5], [True, True, False, True, True]
    assert coverage_at(levels, right, precision=0.99) == pytest.approx(0.4)
    assert coverage_at(levels, right, precision=0.8) == pytest.approx(1.0)
    assert coverage_at([0.5, 0.5], [True, False], precision=0.9) == 0.0


def test_class_wise_error_is_none_where_chances_are_what_comes_true():
    chances = np.tile([0.5, 0.5], (400, 1))
    truth = np.arange(400) % 2
    assert classwise_ece(chances, truth) == pytest.approx(0.0, abs=0.05)
    assert classwise_ece(np.tile([1.0, 0.0], (400, 1)), truth) == pytest.approx(0.5)


def test_intents_that_are_mixed_up_stand_together():
    counts = np.diag([10, 10, 10, 10])
    counts[0, 3] = counts[3, 0] = 8
    order = order_by_confusion(counts).tolist()
    assert sorted(order) == [0, 1, 2, 3]
    assert abs(order.index(0) - order.index(3)) == 1


def test_gibberish_is_the_same_for_the_same_seed():
    assert make_gibberish(1) == make_gibberish(1) != make_gibberish(2)


def test_every_committed_gate_is_of_a_section_and_a_data_set_that_there_are():
    suite = support_suite()
    sections = {section.name for section in suite.find_sections()}
    files = sorted(suite.gates.glob("*.toml"))
    assert {path.stem for path in files} <= {card.name for card in map(read_card, (path.stem for path in files))}
    gates = [gate for path in files for gate in read_gates(path)]
    assert gates
    assert {gate.metric.split(".", 1)[0] for gate in gates} <= sections
