"""The simpler ways that a model must beat, trained on the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import DataError, TrivetError
from trivet.heads.logistic import LogisticHead

# Strengths (C of scikit-learn) to choose from.
STRENGTHS = (3.0, 10.0, 30.0)
FOLDS = 3


def majority(train_labels: Sequence[str], tests: int) -> list[str]:
    """The most frequent label of training for each of `tests` rows; among equally frequent ones the first by name.

    Raises:
        DataError: there are no training rows.
    """
    _check_rows(train_labels, train_labels)
    counts = Counter(train_labels)
    return [min(counts, key=lambda label: (-counts[label], label))] * tests


def tfidf_logistic(
    train_texts: Sequence[str], train_labels: Sequence[str], test_texts: Sequence[str], *, seed: int
) -> list[str]:
    """Labels by logistic regression on TF-IDF of words and word pairs, its strength chosen by folds inside training.

    Raises:
        DataError: no rows, another number of labels than of texts, or texts without a single word.
        TrivetError: scikit-learn is not installed.
    """
    _check_rows(train_texts, train_labels)
    if len(set(train_labels)) == 1:
        return [train_labels[0]] * len(test_texts)
    if not len(test_texts):
        return []
    return [str(label) for label in _fit_words(train_texts, train_labels, seed=seed).predict(list(test_texts))]


def tfidf_confidences(
    train_texts: Sequence[str], train_labels: Sequence[str], test_texts: Sequence[str], *, seed: int
) -> list[float]:
    """The probability of the likeliest label by the same regression; errors as for `tfidf_logistic`."""
    _check_rows(train_texts, train_labels)
    if len(set(train_labels)) == 1:
        return [1.0] * len(test_texts)
    chances = _fit_words(train_texts, train_labels, seed=seed).predict_proba(list(test_texts))
    return [float(chance) for chance in chances.max(axis=1)]


def _fit_words(texts: Sequence[str], labels: Sequence[str], *, seed: int) -> Any:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
        from sklearn.pipeline import make_pipeline
    except ImportError as error:
        raise TrivetError(
            "the TF-IDF baseline needs scikit-learn.", where="baselines", todo="pip install 'trivet[train]'."
        ) from error
    pipeline = make_pipeline(
        # One letter is a word too: whole languages write so, and `token_pattern` would drop it by default.
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),
        LogisticRegression(max_iter=300, tol=1e-3, C=STRENGTHS[1]),
    )
    rarest = min(Counter(labels).values())
    cut = StratifiedKFold if rarest >= FOLDS else KFold
    try:
        if len(labels) >= 2 * FOLDS:
            pipeline = GridSearchCV(
                pipeline,
                {"logisticregression__C": list(STRENGTHS)},
                cv=cut(FOLDS, shuffle=True, random_state=seed),
            )
        pipeline.fit(list(texts), list(labels))
    except ValueError as error:
        raise DataError(f"no words to learn from ({error}).", where="baselines") from error
    return pipeline


def frozen_logistic(
    train_embeddings: ArrayLike, train_labels: Sequence[str], test_embeddings: ArrayLike, *, seed: int
) -> list[str]:
    """Labels by logistic regression on the embeddings [N, D] of the encoder as it was before any training.

    Raises:
        DataError: no rows, or another number of labels than of embeddings.
        InputError: embeddings that are not finite numbers of one width.
    """
    labels = sorted(set(train_labels))
    if len(labels) == 1:
        return [labels[0]] * len(np.asarray(test_embeddings))
    truth = np.searchsorted(np.asarray(labels), np.asarray(train_labels))
    penalties = tuple(1 / strength for strength in STRENGTHS)
    head = LogisticHead.fit(train_embeddings, truth, labels, penalties=penalties, seed=seed, folds=FOLDS)
    return [labels[at] for at in head.scores(test_embeddings).argmax(axis=1)]


def _check_rows(texts: Sequence[str], labels: Sequence[str]) -> None:
    if not labels:
        raise DataError("there are no training rows for a baseline.", where="baselines")
    if len(texts) != len(labels):
        raise DataError(f"{len(texts)} texts but {len(labels)} labels.", where="baselines")
