"""The report: every figure right, with its interval, its baselines and its slices."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from trivet.answers.classification import ClassificationAnswer
from trivet.errors import ArtifactError, InputError
from trivet.evaluation.build import build_ranking_report, build_report
from trivet.evaluation.report import Report
from trivet.evaluation.rows import JudgedRows

from .conftest import FACTS, LABELS, SUBJECT, Answer


def build(truth: list[str], answers: list[ClassificationAnswer], **options: object) -> Report:
    return build_report(SUBJECT, JudgedRows(truth), answers, FACTS, baselines={}, **options)  # type: ignore[arg-type]


def test_its_figures_are_those_of_scikit_learn(report: Report, truth: list[str], answer: Answer) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    answers = answer(truth, skill=3.0)
    predicted = [one.label for one in answers]
    chances = [[dict(one.ranking)[label] for label in sorted(LABELS)] for one in answers]
    expected = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "macro_f1": metrics.f1_score(truth, predicted, average="macro"),
        "brier": metrics.brier_score_loss(truth, chances, labels=sorted(LABELS), scale_by_half=False),
        "log_loss": metrics.log_loss(truth, chances, labels=sorted(LABELS)),
    }
    for name, value in expected.items():
        score = report.metrics[name]
        assert score.value == pytest.approx(value), name
        assert score.low < value < score.high, name


def test_out_of_scope_texts_are_counted_apart(report: Report, truth: list[str], answer: Answer) -> None:
    foreign = answer(truth[:30], skill=0.0, seed=7)
    told = np.mean([one.decision == "out_of_scope" for one in foreign])
    assert report.rows == len(truth)
    assert sum(report.decisions.values()) == len(truth)
    assert report.metrics["out_of_scope_recall"].value == pytest.approx(told)


def test_baselines_carry_their_score_and_a_paired_verdict(report: Report, truth: list[str]) -> None:
    baseline = report.baselines["majority"]
    assert baseline.score == pytest.approx(np.mean([label == LABELS[0] for label in truth]))
    assert baseline.verdict == "superior"
    assert baseline.difference == pytest.approx(report.main_score.value - baseline.score)


def test_slices_cut_the_rows_by_length_frequency_and_column(report: Report, truth: list[str]) -> None:
    for by in ("length", "label frequency", "kind"):
        parts = [one for one in report.slices if one.by == by]
        assert len(parts) >= 2, by
        assert sum(one.rows for one in parts) == len(truth)
        total = sum(one.rows * one.score.value for one in parts) / len(truth)
        assert total == pytest.approx(report.main_score.value)
    names = [one.name for one in report.slices if one.by == "label frequency"]
    assert names == [
        "labels with up to 20 training rows",
        "labels with 21-40 training rows",
        "labels with 41-90 training rows",
    ]


def test_risk_rises_from_nothing_to_the_error_of_all_rows(report: Report) -> None:
    curve = report.risk_coverage
    assert [one.coverage for one in curve] == sorted(one.coverage for one in curve)
    assert curve[-1].coverage == 1.0
    assert curve[-1].risk == pytest.approx(1 - report.main_score.value)


def test_the_promise_is_held_against_the_answers_given(report: Report, truth: list[str], answer: Answer) -> None:
    pairs = zip(answer(truth, skill=3.0), truth, strict=True)
    given = [(one, label) for one, label in pairs if one.decision == "answer"]
    assert report.promise is not None
    assert report.promise.wrong is not None
    assert report.promise.coverage.value == pytest.approx(len(given) / len(truth))
    nearest = min(report.risk_coverage, key=lambda one: abs(one.coverage - len(given) / len(truth)))
    assert nearest.risk == pytest.approx(report.promise.wrong.value, abs=0.01)
    assert report.promise.wrong.value == pytest.approx(np.mean([one.label != label for one, label in given]))


def test_truncation_and_speed_are_reported(report: Report, truth: list[str], answer: Answer) -> None:
    assert report.truncated == sum(one.truncated for one in answer(truth, skill=3.0))
    assert report.texts_per_second == pytest.approx(len(truth) / 0.5)


def test_the_same_answers_give_the_same_report(judge: Callable[..., Report]) -> None:
    assert judge() == judge()


@pytest.mark.parametrize("fixture", ["report", "ranking_report"])
def test_a_report_survives_json(fixture: str, request: pytest.FixtureRequest) -> None:
    report: Report = request.getfixturevalue(fixture)
    plain = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert Report.from_json(plain) == report


def test_nonsense_in_json_is_named(report: Report) -> None:
    plain = report.to_json()
    with pytest.raises(ArtifactError, match="rows"):
        Report.from_json({**plain, "rows": "many"})
    with pytest.raises(ArtifactError, match="surprise"):
        Report.from_json({**plain, "surprise": 1})
    with pytest.raises(ArtifactError, match="format"):
        Report.from_json({**plain, "format": 99})
    with pytest.raises(ArtifactError, match="format"):
        Report.from_json([])  # type: ignore[arg-type]


def test_rankings_have_intervals_over_users_and_paired_baselines(ranking_report: Report) -> None:
    assert ranking_report.main == "ndcg@10"
    assert list(ranking_report.metrics) == ["ndcg@10", "hr@10"]
    score = ranking_report.main_score
    assert score.low < score.value < score.high
    popular = ranking_report.baselines["popular"]
    assert popular.verdict == "superior"
    assert popular.low < 0.1 < popular.high
    assert [(one.name, one.rows) for one in ranking_report.slices] == [("long", 200), ("short", 100)]


def test_a_label_that_only_the_test_has_is_named(truth: list[str], answer: Answer) -> None:
    answers = answer(truth, skill=3.0)
    with pytest.raises(InputError, match="row 4: the label 'mortgage'"):
        build([*truth[:4], "mortgage", *truth[5:]], answers)


def test_bad_input_is_named(truth: list[str], answer: Answer) -> None:
    answers = answer(truth, skill=3.0)
    with pytest.raises(InputError, match="no rows"):
        build([], [])
    with pytest.raises(InputError, match="199 answers"):
        build(truth, answers[:-1])
    with pytest.raises(InputError, match="ranks 2 of 4"):
        build(truth, answer(truth, skill=3.0, top=2))
    with pytest.raises(InputError, match="same id"):
        build_report(SUBJECT, JudgedRows(truth, ids=["x"] * len(truth)), answers, FACTS, baselines={})
    with pytest.raises(InputError, match="1 predictions"):
        build_report(SUBJECT, JudgedRows(truth), answers, FACTS, baselines={"tfidf": ["loan"]})
    with pytest.raises(InputError, match="column kind"):
        build_report(SUBJECT, JudgedRows(truth, columns={"kind": ["a"]}), answers, FACTS, baselines={})
    columns = {"kind": [str(at) for at in range(len(truth))]}
    with pytest.raises(InputError, match="too many"):
        build_report(SUBJECT, JudgedRows(truth, columns=columns), answers, FACTS, baselines={})


def test_bad_scores_of_users_are_named() -> None:
    with pytest.raises(InputError, match="no users"):
        build_ranking_report(SUBJECT, [], {"ndcg@10": []}, baselines={})
    with pytest.raises(InputError, match="row 1"):
        build_ranking_report(SUBJECT, ["a", "b"], {"ndcg@10": [0.5, float("nan")]}, baselines={})
    with pytest.raises(InputError, match="1 scores for 2 users"):
        build_ranking_report(SUBJECT, ["a", "b"], {"ndcg@10": [0.5, 0.6]}, baselines={"popular": [0.5]})
