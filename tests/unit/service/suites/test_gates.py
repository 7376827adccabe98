"""Tolerances: what keeps them, what does not, and files that hold none."""

from __future__ import annotations

import pytest

from trivet.errors import TrivetError
from trivet_service.suites.gates import Gate, check_gates, read_gates, write_gates
from trivet_service.suites.section import Found, Metric, Outcome


@pytest.fixture
def outcomes() -> tuple[Outcome, ...]:
    metrics = (
        Metric("accuracy", "Accuracy", 0.9, 0.88, 0.92, "share", "higher"),
        Metric("ece", "ECE", 0.02, 0.01, 0.03, better="lower"),
        Metric("p95", "p95", 4.0, unit="ms", better="lower"),
        Metric("temperature", "Temperature", 1.3),
    )
    return (
        Outcome("in-scope", "In scope", "", Found(metrics)),
        Outcome("out-of-scope", "Out of scope", "", skipped="no out-of-scope rows."),
    )


def test_a_figure_within_its_bound_passes_and_one_beyond_says_by_how_much(outcomes):
    kept, broken = check_gates(
        [Gate(metric="in-scope.accuracy", least=0.89), Gate(metric="in-scope.ece", most=0.01)], outcomes
    )
    assert kept.passed
    assert not broken.passed
    assert broken.detail == "in-scope.ece 0.0200 is above the most of 0.01."


def test_a_gate_whose_section_had_no_rows_fails_with_the_reason(outcomes):
    [gate] = check_gates([Gate(metric="out-of-scope.auroc", least=0.9)], outcomes)
    assert not gate.passed
    assert "no out-of-scope rows" in gate.detail


def test_a_gate_of_a_section_that_was_not_asked_says_nothing(outcomes):
    assert check_gates([Gate(metric="load.failed", most=0)], outcomes) == ()


def test_a_gate_of_a_figure_that_there_is_not_fails(outcomes):
    [gate] = check_gates([Gate(metric="in-scope.f1", least=0.9)], outcomes)
    assert not gate.passed
    assert "accuracy, ece, p95" in gate.detail


def test_what_is_written_is_kept_by_what_it_was_written_from_and_has_no_times(outcomes, tmp_path):
    path = tmp_path / "gates" / "set.toml"
    assert write_gates(path, outcomes, about="set, as it was found.") == 2
    gates = read_gates(path)
    assert [gate.metric for gate in gates] == ["in-scope.accuracy", "in-scope.ece"]
    assert gates[0].least == pytest.approx(0.88)
    assert all(gate.passed for gate in check_gates(gates, outcomes))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[gate]", "not valid TOML"),
        ('[[gate]]\nmetric = "in-scope.accuracy"\n', "either `least` or `most`"),
        ('[[gate]]\nmetric = "in-scope.accuracy"\nleast = 1\nmost = 2\n', "either `least` or `most`"),
        ('[[gate]]\nmetric = "accuracy"\nleast = 1\n', "gate.0.metric"),
        ("", "Field required"),
    ],
)
def test_a_file_that_holds_no_gates_is_refused_with_its_place(tmp_path, content, told):
    path = tmp_path / "gates.toml"
    path.write_text(content)
    with pytest.raises(TrivetError, match=told) as refused:
        read_gates(path)
    assert str(path) in refused.value.line()


def test_a_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(TrivetError, match="no gates here"):
        read_gates(tmp_path / "none.toml")
