"""The simpler ways to give any number of labels, trained on the same rows; each label from a probability of 0.5 on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from trivet.data.label_sets import hot_labels, label_names
from trivet.errors import DataError, TrivetError
from trivet.evaluation.baselines import FOLDS, STRENGTHS
from trivet.heads.one_vs_rest import fit_one_vs_rest

Sets = Sequence[Sequence[str]]


def most_frequent_set(train: Sets, tests: int) -> list[tuple[str, ...]]:
    """The most frequent set of labels of training, if any label is in one, for each of `tests` rows.

    Raises:
        DataError: no training row has a label.
    """
    counts = Counter(tuple(sorted(labels)) for labels in train if labels)
    if not counts:
        raise DataError("no training row has a label.", where="baselines")
    return [min(counts, key=lambda one: (-counts[one], one))] * tests


def tfidf_one_vs_rest(
    train_texts: Sequence[str], train: Sets, test_texts: Sequence[str], *, seed: int
) -> list[tuple[str, ...]]:
    """One logistic regression a label on TF-IDF of words and word pairs, its strength chosen by folds inside training.

    Raises:
        DataError: no training row has a label, or texts without a single word.
        TrivetError: scikit-learn is not installed.
    """
    labels = label_names(train)
    truth = hot_labels(train, labels)
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import f1_score
        from sklearn.model_selection import KFold
    except ImportError as error:
        raise TrivetError(
            "the TF-IDF baseline needs scikit-learn.", where="baselines", todo="pip install 'trivet[train]'."
        ) from error

    def answer(learnt: np.ndarray, texts: Sequence[str], asked: Sequence[str], strength: float) -> np.ndarray:
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
        seen, unseen = words.fit_transform(texts), words.transform(asked)
        found = np.zeros((len(asked), len(labels)), dtype=bool)
        for at in range(len(labels)):
            column = learnt[:, at]
            if column.min() == column.max():
                found[:, at] = bool(column[0])
            else:
                model = LogisticRegression(C=strength, max_iter=300, tol=1e-3, solver="liblinear", random_state=seed)
                found[:, at] = model.fit(seen, column).predict(unseen)
        return found

    texts = list(train_texts)
    try:
        best = STRENGTHS[1]
        if len(texts) >= 2 * FOLDS:
            scores = dict.fromkeys(STRENGTHS, 0.0)
            for kept, held in KFold(FOLDS, shuffle=True, random_state=seed).split(texts):
                for strength in STRENGTHS:
                    inner = [texts[row] for row in kept]
                    found = answer(truth[kept], inner, [texts[row] for row in held], strength)
                    scores[strength] += f1_score(truth[held], found, average="micro", zero_division=0.0)
            best = max(scores, key=lambda strength: scores[strength])
        return read_sets(answer(truth, texts, list(test_texts), best), labels)
    except ValueError as error:
        raise DataError(f"no words to learn from ({error}).", where="baselines") from error


def frozen_one_vs_rest(
    train_embeddings: ArrayLike, train: Sets, test_embeddings: ArrayLike, *, seed: int
) -> list[tuple[str, ...]]:
    """One logistic regression a label on the embeddings [N, D] of the encoder as it was before any training.

    Raises:
        DataError: no training row has a label, or another number of sets than of embeddings.
        InputError: embeddings that are not finite numbers of one width.
    """
    labels = label_names(train)
    penalties = tuple(1 / strength for strength in STRENGTHS)
    truth = hot_labels(train, labels)
    head = fit_one_vs_rest(train_embeddings, truth, labels, penalties=penalties, seed=seed, folds=FOLDS)
    return read_sets(head.scores(test_embeddings) >= 0, labels)


def read_sets(hot: np.ndarray, labels: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The names of the labels that stand in each row bool[N, C]."""
    return [tuple(labels[at] for at in np.flatnonzero(row)) for row in hot]
