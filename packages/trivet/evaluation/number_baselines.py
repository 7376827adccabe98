"""The simpler ways to tell a number, trained on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.data.numbers import standardise
from trivet.errors import DataError, TrivetError
from trivet.evaluation.baselines import FOLDS
from trivet.heads.ridge import fit_ridge

# Ridge penalties to choose from.
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)


def mean_number(train: NDArray[np.float64], tests: int) -> list[float]:
    """The mean of training for each of `tests` rows.

    Raises:
        DataError: there are no training rows.
    """
    if not len(train):
        raise DataError("there are no training rows for a baseline.", where="baselines")
    return [float(train.mean())] * tests


def tfidf_ridge(
    train_texts: Sequence[str], train: NDArray[np.float64], test_texts: Sequence[str], *, seed: int
) -> list[float]:
    """Numbers by ridge regression on TF-IDF of words and word pairs, its penalty chosen by folds inside training.

    Raises:
        DataError: texts without a single word.
        TrivetError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import Ridge
        from sklearn.model_selection import GridSearchCV, KFold
        from sklearn.pipeline import make_pipeline
    except ImportError as error:
        raise TrivetError(
            "the TF-IDF baseline needs scikit-learn.", where="baselines", todo="pip install 'trivet[train]'."
        ) from error
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"), Ridge(alpha=1.0)
    )
    try:
        if len(train) >= 2 * FOLDS:
            pipeline = GridSearchCV(
                pipeline,
                {"ridge__alpha": list(PENALTIES)},
                cv=KFold(FOLDS, shuffle=True, random_state=seed),
                scoring="neg_mean_squared_error",
            )
        pipeline.fit(list(train_texts), train)
    except ValueError as error:
        raise DataError(f"no words to learn from ({error}).", where="baselines") from error
    return [float(value) for value in pipeline.predict(list(test_texts))]


def frozen_ridge(
    train_embeddings: ArrayLike, train: NDArray[np.float64], test_embeddings: ArrayLike, *, seed: int
) -> list[float]:
    """Numbers by ridge regression on the embeddings [N, D] of the encoder as it was before any training.

    Raises:
        DataError: no rows or no two different numbers.
        InputError: embeddings that are not finite numbers of one width.
    """
    mean, scale = standardise(train)
    goal = (train[:, None] - mean) / scale
    head = fit_ridge(train_embeddings, goal, ("value",), expansion=0, penalties=PENALTIES, seed=seed)
    return (mean + scale * head.scores(np.asarray(test_embeddings))[:, 0].astype(np.float64)).tolist()
