"""Reports of label sets: figures by scikit-learn, paired verdicts, gates, and all of it again from the predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from trivet.answers.multilabel import MultilabelAnswer
from trivet.errors import InputError
from trivet.evaluation.gates import check_gates
from trivet.evaluation.html import render_html
from trivet.evaluation.label_set_baselines import (
    frozen_one_vs_rest,
    most_frequent_set,
    read_sets,
    tfidf_one_vs_rest,
)
from trivet.evaluation.label_sets import build_label_report
from trivet.evaluation.lines import headline, remarks
from trivet.evaluation.metrics.label_sets import count_by_label, count_hits, macro_f1, micro_f1, score_labels
from trivet.evaluation.plots import draw_plots
from trivet.evaluation.read import read_report, recompute
from trivet.evaluation.report import Report
from trivet.evaluation.resample import resample_sums
from trivet.evaluation.write import write_report
from trivet.recipe.gates import GatesRecipe

from .conftest import SUBJECT

LABELS = ("card", "lost", "new", "rare")


def make_sets(rows: int = 150, *, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True labels bool[N, 4], and what a model says that is wrong about the share `noise` of them."""
    truth = np.random.default_rng(0).random((rows, 4)) < [0.5, 0.3, 0.2, 0.05]
    return truth, truth ^ (np.random.default_rng(seed).random(truth.shape) < noise)


def judge(*, noise: float = 0.05, seed: int = 1) -> Report:
    truth, given = make_sets(noise=noise, seed=seed)
    answers = [
        MultilabelAnswer(
            tuple((label, 0.9) for label in labels), (), "answer" if labels else "none", 5 + at % 20, truncated=False
        )
        for at, labels in enumerate(read_sets(given, LABELS))
    ]
    sets = read_sets(truth, LABELS)
    baselines = {
        "majority": most_frequent_set(sets, len(sets)),
        "noisy": read_sets(make_sets(noise=0.2, seed=9)[1], LABELS),
        "twin": read_sets(given, LABELS),
    }
    return build_label_report(SUBJECT, sets, answers, LABELS, baselines=baselines, columns={"kind": ["a", "b"] * 75})


def test_figures_are_those_of_scikit_learn() -> None:
    truth, given = make_sets(noise=0.2, seed=1)
    assert micro_f1(count_hits(truth, given).sum(axis=0)) == pytest.approx(f1_score(truth, given, average="micro"))
    assert macro_f1(count_by_label(truth, given).sum(axis=0)) == pytest.approx(f1_score(truth, given, average="macro"))
    scores = score_labels(truth, given, LABELS)
    assert [one.f1 for one in scores] == pytest.approx(f1_score(truth, given, average=None).tolist())
    assert [one.precision for one in scores] == pytest.approx(precision_score(truth, given, average=None).tolist())
    assert [one.recall for one in scores] == pytest.approx(recall_score(truth, given, average=None).tolist())
    metrics = judge(noise=0.2).metrics
    assert metrics["subset_accuracy"].value == pytest.approx((truth == given).all(axis=1).mean())
    assert all(one.low < one.value < one.high for one in metrics.values())


def test_nothing_to_find_and_nothing_given_is_right() -> None:
    assert micro_f1(count_hits([[False]], [[False]]).sum(axis=0)) == 1.0
    assert micro_f1(count_hits([[False]], [[True]]).sum(axis=0)) == 0.0


def test_resampled_sums_are_those_of_the_drawn_rows() -> None:
    from trivet.evaluation.intervals import draw_rows

    rows = np.random.default_rng(1).random((9, 2))
    (drawn,) = draw_rows(9, seed=4, rounds=5)
    np.testing.assert_allclose(resample_sums(rows, seed=4, rounds=5), rows[drawn].sum(axis=1))


def test_verdicts_are_paired_on_the_rows() -> None:
    report = judge()
    assert report.main == "micro_f1"
    assert report.baselines["noisy"].verdict == "superior"
    assert report.baselines["noisy"].low > 0
    assert (report.baselines["twin"].verdict, report.baselines["twin"].p) == ("equal", 1.0)


def test_every_figure_comes_again_from_the_predictions(tmp_path: Path) -> None:
    report = judge()
    paths = write_report(report, tmp_path / "report")
    assert recompute(paths.folder) == dict(report.metrics)
    assert read_report(paths.folder) == report


def test_page_and_lines_show_the_figures() -> None:
    report = judge()
    page = render_html(report, draw_plots(report))
    assert all(part in page for part in ("Micro F1", "Macro-F1", "All labels right", "rare", "2 labels"))
    assert f"4 labels    micro F1 {100 * report.main_score.value:.1f}" in headline("intents", report)
    assert any(line.startswith("noisy: ") and "superior" in line for line in remarks(report))


def test_a_good_model_passes_its_gates_and_a_bad_one_is_told_why() -> None:
    assert check_gates(judge(), GatesRecipe(), live=None).passed
    refused = check_gates(judge(noise=0.6), GatesRecipe(), live=None)
    assert "does not beat the baseline 'majority'" in refused.refusal()


def test_a_candidate_must_keep_up_with_the_live_version() -> None:
    live = judge(noise=0.02)
    worse = check_gates(replace(judge(noise=0.2), version=4), GatesRecipe(), live=live)
    assert not worse.passed
    assert "micro_f1 differs from the live version's by -" in worse.refusal()
    assert check_gates(judge(noise=0.02), GatesRecipe(), live=live).passed


def test_simpler_ways_learn_labels_that_words_and_clusters_tell() -> None:
    texts = [f"{'card ' * (at % 2)}{'lost ' * (at % 3 == 0)}filler{at % 5}" for at in range(60)]
    sets = [tuple(word for word in ("card", "lost") if word in text) for text in texts]
    assert tfidf_one_vs_rest(texts, sets, ["card filler1", "lost", "filler2"], seed=0) == [("card",), ("lost",), ()]
    rows = np.array([[("card" in one) - 0.5, ("lost" in one) - 0.5] for one in sets], dtype=np.float32)
    assert frozen_one_vs_rest(rows, sets, rows, seed=0) == sets
    assert most_frequent_set([("b", "a"), ("a", "b"), (), (), ()], 2) == [("a", "b")] * 2


def test_answers_that_do_not_belong_to_the_rows_are_refused() -> None:
    with pytest.raises(InputError, match="1 rows but 0 answers"):
        build_label_report(SUBJECT, [("card",)], [], LABELS, baselines={})
    answer = MultilabelAnswer((), (), "none", 3, truncated=False)
    with pytest.raises(InputError, match="row 0"):
        build_label_report(SUBJECT, [("strange",)], [answer], LABELS, baselines={})
