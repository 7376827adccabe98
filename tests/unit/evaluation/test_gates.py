"""Gates: chance is refused, the floor and calibration count, and a candidate must keep up with the live version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trivet.evaluation.baselines import majority
from trivet.evaluation.build import build_report
from trivet.evaluation.gates import Check, GateResult, check_gates
from trivet.evaluation.report import Report
from trivet.evaluation.rows import JudgedRows
from trivet.heads.analytic import AnalyticHead
from trivet.recipe.gates import GatesRecipe

from .conftest import SUBJECT

Judge = Callable[..., Report]


def check(result: GateResult, name: str) -> Check:
    return next(one for one in result.checks if one.name == name)


def test_a_good_model_passes_and_every_check_says_why(report: Report) -> None:
    result = check_gates(report, GatesRecipe(), live=None)
    assert result.passed
    assert result.refusal() == ""
    assert [one.name for one in result.checks] == ["baseline", "floor", "calibration"]
    assert "beats the baseline 'majority'" in check(result, "baseline").detail


def test_a_model_of_shuffled_labels_is_refused() -> None:
    from trivet.answers.classification import ClassificationFacts, decode

    rng = np.random.default_rng(0)
    labels = ("a", "b", "c")
    truth = rng.choice(3, p=[0.5, 0.3, 0.2], size=600)
    rows = (np.eye(8)[truth] + 0.1 * rng.standard_normal((600, 8))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    train, test = slice(0, 400), slice(400, 600)
    facts = ClassificationFacts(labels, max_tokens=8, temperature=0.2)
    passed = {}
    for kind, learnt in {"true": truth[train], "shuffled": rng.permutation(truth[train])}.items():
        head = AnalyticHead.fit(rows[train], learnt, labels, expansion=64, penalties=(1.0,), seed=0)
        answers = decode(head.scores(rows[test]), facts, novelty=None, tokens=[5] * 200, truncated=[False] * 200, top=3)
        baselines = {"majority": majority([labels[at] for at in learnt], 200)}
        report = build_report(
            SUBJECT, JudgedRows([labels[at] for at in truth[test]]), answers, facts, baselines=baselines
        )
        passed[kind] = check_gates(report, GatesRecipe(beat_baseline="majority"), live=None)
    assert passed["true"].passed
    assert not passed["shuffled"].passed
    assert "does not beat the baseline 'majority'" in passed["shuffled"].refusal()


def test_a_baseline_within_the_interval_is_not_beaten_and_the_reason_is_told(report: Report) -> None:
    near = replace(report.baselines["majority"], score=report.main_score.low, verdict="superior", p=0.04)
    result = check_gates(replace(report, baselines={"majority": near}), GatesRecipe(), live=None)
    assert "(paired p 0.04): the whole interval has to be better." in result.refusal()


def test_chance_is_refused(judge: Judge) -> None:
    for seed in range(5):
        assert not check_gates(judge(skill=0.0, seed=seed), GatesRecipe(), live=None).passed


def test_the_floor_and_the_calibration_are_bars(report: Report) -> None:
    result = check_gates(report, GatesRecipe(min_score=0.999, max_ece=0.0), live=None)
    assert not check(result, "floor").passed
    assert not check(result, "calibration").passed
    assert "below the floor of 0.999" in result.refusal()


def test_a_baseline_that_was_not_measured_is_not_beaten(report: Report) -> None:
    result = check_gates(report, GatesRecipe(beat_baseline="oracle"), live=None)
    assert not result.passed
    assert "no baseline 'oracle'" in result.refusal()


def test_a_candidate_must_keep_up_with_the_live_version(judge: Judge) -> None:
    good, worse = judge(skill=4.0), judge(skill=2.0)
    gates = GatesRecipe(margin=0.02)
    assert check_gates(good, gates, live=worse).passed
    assert check_gates(good, gates, live=good).passed
    result = check_gates(worse, gates, live=good)
    assert not result.passed
    assert "beyond the margin" in result.refusal()


def test_rows_are_matched_by_id_and_not_by_place(judge: Judge) -> None:
    report = judge(skill=2.0)
    assert report.predictions is not None
    turned = replace(report, predictions=report.predictions.iloc[::-1].reset_index(drop=True))
    detail = check(check_gates(report, GatesRecipe(margin=0.0), live=turned), "live").detail
    assert "+0.0000, at worst +0.0000" in detail


def test_a_live_version_judged_on_other_rows_cannot_be_compared(report: Report) -> None:
    for live in (replace(report, data_sha256="cd" * 32), replace(report, split="validation")):
        assert "other rows" in check_gates(report, GatesRecipe(), live=live).refusal()
    assert "not here" in check_gates(report, GatesRecipe(), live=replace(report, predictions=None)).refusal()


@pytest.mark.parametrize("margin", [0.0, 0.01])
def test_rankings_pass_gates_too(ranking_report: Report, margin: float) -> None:
    gates = GatesRecipe(beat_baseline="popular", margin=margin)
    result = check_gates(ranking_report, gates, live=ranking_report)
    assert [one.name for one in result.checks] == ["baseline", "floor", "live"]
    assert not check_gates(ranking_report, gates.model_copy(update={"min_score": 0.9}), live=None).passed


def test_a_result_is_plain_json(report: Report) -> None:
    plain = check_gates(report, GatesRecipe(), live=None).to_json()
    assert plain["passed"] is True
    assert plain["checks"][0]["name"] == "baseline"
