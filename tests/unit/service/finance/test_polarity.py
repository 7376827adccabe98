"""Sentiment on one scale, whatever the labels are called."""

from __future__ import annotations

import pytest

from trivet.answers.classification import ClassificationAnswer
from trivet_finance.polarity import score_of, standard_name
from trivet_finance.routes.analyze import render


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Bullish", "positive"),
        ("bearish", "negative"),
        (" NEUTRAL ", "neutral"),
        ("positive", "positive"),
        ("hawkish", "hawkish"),
    ],
)
def test_a_label_goes_by_its_standard_name(label, expected):
    assert standard_name(label) == expected


def test_the_score_is_positive_less_negative():
    assert score_of({"positive": 0.7, "negative": 0.1, "neutral": 0.2}) == pytest.approx(0.6)


def test_labels_without_both_ends_have_no_score():
    assert score_of({"hawkish": 0.7, "dovish": 0.3}) is None
    assert score_of({"positive": 0.7, "neutral": 0.3}) is None


def test_an_answer_goes_out_on_the_standard_scale():
    ranking = (("Bearish", 0.8), ("Neutral", 0.15), ("Bullish", 0.05))
    analysis = render(ClassificationAnswer("Bearish", 0.8, ranking, 0.1, "unsure", tokens=9, truncated=True))
    assert analysis.model_dump() == {
        "sentiment": "negative",
        "confidence": 0.8,
        "score": -0.75,
        "probabilities": {"negative": 0.8, "neutral": 0.15, "positive": 0.05},
        "decision": "unsure",
        "truncated": True,
        "tokens": 9,
    }
