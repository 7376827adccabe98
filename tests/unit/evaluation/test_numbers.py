"""Reports of numbers: less error is better, in verdicts, gates and lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from trivet.answers.regression import RegressionAnswer, RegressionFacts
from trivet.errors import InputError
from trivet.evaluation.gates import check_gates
from trivet.evaluation.html import render_html
from trivet.evaluation.lines import headline, remarks
from trivet.evaluation.number_baselines import frozen_ridge, mean_number, tfidf_ridge
from trivet.evaluation.numbers import build_number_report
from trivet.evaluation.plots import draw_plots
from trivet.evaluation.read import read_report, recompute
from trivet.evaluation.report import Report
from trivet.evaluation.write import write_report
from trivet.recipe.gates import GatesRecipe

from .conftest import SUBJECT

TRUTH = np.random.default_rng(0).normal(size=200)
FACTS = RegressionFacts(max_tokens=16, mean=0.0, scale=1.0, low=-3.0, high=3.0, coverage=0.9, margin=0.5)


def judge(*, noise: float = 0.3, seed: int = 1, margin: float | None = 0.5) -> Report:
    found = TRUTH + noise * np.random.default_rng(seed).normal(size=200)
    ends = [(None, None) if margin is None else (one - margin, one + margin) for one in found.tolist()]
    answers = [
        RegressionAnswer(value, low, high, "answer", 5, truncated=False)
        for value, (low, high) in zip(found.tolist(), ends, strict=True)
    ]
    baselines = {
        "mean": [0.0] * 200,
        "noisy": (TRUTH + 0.8 * np.random.default_rng(5).normal(size=200)).tolist(),
        "near": (TRUTH + 0.01 * np.random.default_rng(6).normal(size=200)).tolist(),
    }
    facts = replace(FACTS, margin=margin)
    return build_number_report(
        SUBJECT, TRUTH.tolist(), answers, facts, baselines=baselines, columns={"kind": ["post", "headline"] * 100}
    )


def test_figures_are_those_of_scikit_learn() -> None:
    report = judge()
    assert report.predictions is not None
    found = report.predictions["predicted"]
    values = {name: score.value for name, score in report.metrics.items()}
    assert values["mse"] == pytest.approx(mean_squared_error(TRUTH, found))
    assert values["r2"] == pytest.approx(r2_score(TRUTH, found))
    assert values["mae"] == pytest.approx(mean_absolute_error(TRUTH, found))
    assert values["spearman"] == pytest.approx(spearmanr(TRUTH, found).statistic)
    assert values["interval_coverage"] == pytest.approx((np.abs(TRUTH - found) <= 0.5).mean())
    assert all(one.low < one.value < one.high for one in report.metrics.values())


def test_superior_is_the_model_with_the_lower_error() -> None:
    baselines = judge().baselines
    assert baselines["noisy"].verdict == "superior"
    assert baselines["noisy"].low <= baselines["noisy"].difference <= baselines["noisy"].high < 0
    assert baselines["near"].verdict == "inferior"
    assert baselines["near"].difference == pytest.approx(judge().main_score.value - baselines["near"].score)


def test_the_gate_wants_an_error_below_the_baseline_and_the_ceiling() -> None:
    report = judge()
    assert check_gates(report, GatesRecipe(), live=None).passed
    assert not check_gates(report, GatesRecipe(beat_baseline="near"), live=None).passed
    assert check_gates(report, GatesRecipe(max_error=0.2), live=None).passed
    refused = check_gates(report, GatesRecipe(max_error=0.05), live=None)
    assert "is above the ceiling of 0.05" in refused.refusal()
    assert not check_gates(judge(noise=2.0), GatesRecipe(), live=None).passed


def test_a_candidate_must_not_err_more_than_the_live_version() -> None:
    live = judge(noise=0.2)
    worse = check_gates(judge(noise=0.6, seed=2), GatesRecipe(), live=live)
    assert not worse.passed
    assert "mse differs from the live version's by +" in worse.refusal()
    assert check_gates(judge(noise=0.1, seed=2), GatesRecipe(), live=live).passed


def test_every_figure_comes_again_from_the_predictions(tmp_path: Path) -> None:
    for report in (judge(), judge(margin=None)):
        paths = write_report(report, tmp_path / f"report-{len(report.metrics)}")
        assert recompute(paths.folder) == dict(report.metrics)
        assert read_report(paths.folder) == report


def test_page_and_lines_show_the_figures() -> None:
    report = judge()
    page = render_html(report, draw_plots(report))
    assert all(part in page for part in ("Mean squared error", "R squared", "Predicted against true", "headline"))
    assert f"MSE {report.main_score.value:.4f} [" in headline("mood", report)
    assert any(line.startswith("interval: answer +- 0.5") for line in remarks(report))
    assert not any(line.startswith("interval") for line in remarks(judge(margin=None)))


def test_simpler_ways_learn_numbers_that_words_and_directions_tell() -> None:
    texts = [f"{'good' if at % 2 else 'bad'} filler{at % 5}" for at in range(40)]
    numbers = np.array([1.0 if at % 2 else -1.0 for at in range(40)])
    assert mean_number(numbers, 2) == [0.0, 0.0]
    good, bad = tfidf_ridge(texts, numbers, ["good", "bad"], seed=0)
    assert good > 0.5 > -0.5 > bad
    rows = np.stack([numbers, np.ones(40)], axis=1).astype(np.float32)
    assert frozen_ridge(rows, numbers, rows, seed=0) == pytest.approx(numbers.tolist(), abs=0.05)


def test_answers_that_do_not_belong_to_the_rows_are_refused() -> None:
    with pytest.raises(InputError):
        build_number_report(SUBJECT, [1.0], [], FACTS, baselines={})
    answer = RegressionAnswer(0.5, None, None, "answer", 3, truncated=False)
    with pytest.raises(InputError):
        build_number_report(SUBJECT, [1.0], [answer], FACTS, baselines={"mean": [1.0, 2.0]})
