"""Baselines: strong where they should be, and clear about what they cannot learn from."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.errors import DataError
from trivet.evaluation.baselines import frozen_logistic, majority, tfidf_confidences, tfidf_logistic

WORDS = {"card": ["lost card", "my card is gone", "card stolen"], "loan": ["need a loan", "loan rate", "borrow money"]}
TEXTS = [f"{text} {at}" for at in range(10) for texts in WORDS.values() for text in texts]
LABELS = [label for _ in range(10) for label, texts in WORDS.items() for _ in texts]


def test_majority_gives_the_most_frequent_label_to_all() -> None:
    assert majority(["b", "a", "b"], 3) == ["b", "b", "b"]
    assert majority(["b", "a"], 1) == ["a"]


def test_tfidf_learns_words() -> None:
    pytest.importorskip("sklearn")
    assert tfidf_logistic(TEXTS, LABELS, ["where is my card", "a cheap loan"], seed=0) == ["card", "loan"]


def test_tfidf_reads_languages_that_write_words_of_one_letter() -> None:
    pytest.importorskip("sklearn")
    found = tfidf_logistic(["卡 丢 了", "贷 款"] * 8, ["card", "loan"] * 8, ["卡", "款"], seed=0)
    assert found == ["card", "loan"]


def test_a_label_with_a_single_row_does_not_stop_it() -> None:
    pytest.importorskip("sklearn")
    texts, labels = [*TEXTS, "hello there"], [*LABELS, "greeting"]
    assert tfidf_logistic(texts, labels, ["lost card"], seed=0) == ["card"]
    assert tfidf_logistic(["a b", "c d"], ["x", "y"], ["a b"], seed=0) == ["x"]


def test_one_label_needs_no_learning() -> None:
    assert tfidf_logistic(["x", "y"], ["a", "a"], ["z"], seed=0) == ["a"]
    assert frozen_logistic(np.eye(2), ["a", "a"], np.eye(2), seed=0) == ["a", "a"]


def test_frozen_embeddings_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    labels = ["z", "a"] * 20
    rows = np.array([[1.0, 0.0] if label == "z" else [0.0, 1.0] for label in labels]) + 0.1 * rng.random((40, 2))
    assert frozen_logistic(rows, labels, [[1.0, 0.0], [0.0, 1.0]], seed=0) == ["z", "a"]


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match="no training rows"):
        majority([], 3)
    with pytest.raises(DataError, match="2 texts but 1 labels"):
        tfidf_logistic(["a", "b"], ["x"], ["a"], seed=0)
    with pytest.raises(DataError, match="no words"):
        tfidf_logistic(["!", "?"], ["x", "y"], ["a"], seed=0)
    with pytest.raises(DataError, match="truth"):
        frozen_logistic(np.eye(3), ["a", "b"], np.eye(3), seed=0)


def test_words_have_confidences_that_know_their_own_texts() -> None:
    texts, labels = ["red apple", "green apple", "fast car", "slow car"] * 3, ["fruit", "fruit", "thing", "thing"] * 3
    sure, unsure = tfidf_confidences(texts, labels, ["red apple", "something else"], seed=0)
    assert 0.5 <= unsure < sure <= 1.0
    assert tfidf_confidences(["a b"], ["one"], ["c"], seed=0) == [1.0]
