"""Oracles: conlleval's counts by hand, and its example of the shared task's own scorer."""

import numpy as np
import pytest

from trivet.answers.tagging import Span, TaggingAnswer
from trivet.errors import InputError
from trivet.evaluation.metrics.label_sets import macro_f1, micro_f1
from trivet.evaluation.metrics.spans import count_spans, count_types, score_types, span_f1
from trivet.evaluation.report import Subject
from trivet.evaluation.span_baselines import tag_by_state, tag_by_word
from trivet.evaluation.spans import build_span_report

TRUTH = [[(0, 3, "per"), (4, 8, "loc")], [(0, 2, "per")], [], [(1, 4, "org")]]
GIVEN = [[(0, 3, "per"), (4, 7, "loc")], [(0, 2, "loc")], [(5, 6, "per")], [(1, 4, "org")]]
SUBJECT = Subject("toy", 0, "toy", "test", "0" * 64)


def answers(rows: list[list[tuple[int, int, str]]]) -> list[TaggingAnswer]:
    return [
        TaggingAnswer(tuple(Span(label, start, end, "x", 0.9) for start, end, label in row), 5, truncated=False)
        for row in rows
    ]


def test_a_span_is_right_only_with_both_ends_and_its_type() -> None:
    assert count_spans(TRUTH, GIVEN).tolist() == [[1, 1, 1], [0, 1, 1], [0, 1, 0], [1, 0, 0]]
    # 2 of 5 given are right and 2 of 4 true are found.
    assert span_f1(TRUTH, GIVEN) == pytest.approx(2 * (2 / 5) * (2 / 4) / (2 / 5 + 2 / 4))


def test_each_type_has_its_own_figures_and_macro_is_their_mean() -> None:
    counts = count_types(TRUTH, GIVEN, ("loc", "org", "per"))
    scores = {one.label: one for one in score_types(counts, ("loc", "org", "per"))}
    assert (scores["per"].precision, scores["per"].recall, scores["per"].support) == (0.5, 0.5, 2)
    assert (scores["org"].f1, scores["loc"].f1) == (1.0, 0.0)
    assert float(macro_f1(counts.sum(axis=0))) == pytest.approx((0.5 + 1.0 + 0.0) / 3)


def test_texts_without_spans_that_get_none_are_perfect() -> None:
    assert span_f1([[], []], [[], []]) == 1.0


def test_another_number_of_texts_is_refused() -> None:
    with pytest.raises(InputError, match="spans of 1 texts for 2"):
        count_spans([[], []], [[]])


def test_the_report_holds_the_figures_with_intervals_and_a_paired_test() -> None:
    report = build_span_report(
        SUBJECT, TRUTH * 30, answers(GIVEN * 30), ("loc", "org", "per"), baselines={"none": [[]] * 120}, seed=1
    )
    assert report.metrics["f1"].value == pytest.approx(4 / 9)
    assert report.metrics["f1"].low < 4 / 9 < report.metrics["f1"].high
    assert report.metrics["precision"].value == pytest.approx(2 / 5)
    assert report.metrics["recall"].value == pytest.approx(2 / 4)
    assert report.metrics["text_accuracy"].value == pytest.approx(1 / 4)
    assert report.baselines["none"].score == 0.0
    assert report.baselines["none"].verdict == "superior"
    assert float(micro_f1(count_spans(TRUTH, GIVEN).sum(axis=0))) == pytest.approx(4 / 9)


def test_a_type_that_only_the_test_has_is_missed_and_shown() -> None:
    report = build_span_report(SUBJECT, TRUTH, answers(GIVEN), ("loc", "per"), baselines={})
    assert report.labels == ("loc", "per", "org")
    assert {one.label: one.support for one in report.per_class} == {"loc": 1, "per": 2, "org": 1}


def test_a_word_gets_its_most_frequent_tag_and_a_new_word_none() -> None:
    words = [["to", "Paris"], ["to", "paris"], ["paris"]]
    tags = [np.array([0, 1]), np.array([0, 1]), np.array([3])]
    assert tag_by_word(words, tags, [["PARIS", "to", "rome"]]) == [[1, 0, 0]]


def test_the_probe_over_states_finds_a_linear_rule_and_gives_valid_tags() -> None:
    random = np.random.default_rng(0)
    tags = [random.permutation(np.array([0, 0, 1, 3])) for _ in range(60)]
    states = [np.eye(4, 8, dtype=np.float32)[one] + random.normal(scale=0.05, size=(4, 8)) for one in tags]
    found = tag_by_state(
        [rows.astype(np.float32) for rows in states[:50]],
        tags[:50],
        [rows.astype(np.float32) for rows in states[50:]],
        classes=5,
        seed=0,
    )
    assert found == [one.tolist() for one in tags[50:]]
