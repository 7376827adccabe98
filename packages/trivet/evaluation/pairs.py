"""Where the positives of pairs stand when all of them are ranked by an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trivet.data.hard_negatives import code_texts
from trivet.errors import TrivetError

BLOCK = 512


@dataclass(frozen=True)
class PairPlaces:
    """Pairs as rows I64[N] of `texts`, which are all different."""

    texts: list[str]
    anchors: NDArray[np.int64]
    positives: NDArray[np.int64]

    @classmethod
    def of(cls, anchors: Sequence[str], positives: Sequence[str]) -> PairPlaces:
        """The pairs of two columns."""
        texts, (left, right) = code_texts([anchors, positives])
        return cls(texts, left, right)

    def place(self, embeddings: NDArray[np.float32]) -> NDArray[np.int64]:
        """Place (from 1) of each positive among all by cosine to its anchor; `embeddings` [T, D] are of `texts`.

        A tie counts against it. The anchor's own text and its other positives are left out.
        """
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        unit = embeddings / np.maximum(lengths, 1e-12)
        candidates = np.unique(self.positives)
        column = np.searchsorted(candidates, self.positives)
        own: dict[int, list[int]] = {}
        for anchor, at in zip(self.anchors.tolist(), column.tolist(), strict=True):
            own.setdefault(anchor, []).append(at)
        places = np.empty(len(self.anchors), dtype=np.int64)
        for start in range(0, len(places), BLOCK):
            scores = unit[self.anchors[start : start + BLOCK]] @ unit[candidates].T
            for row, line in enumerate(scores, start=start):
                mine = line[column[row]]
                line[own[int(self.anchors[row])]] = -np.inf
                line[candidates == self.anchors[row]] = -np.inf
                places[row] = 1 + int((line >= mine).sum())
        return places


def embed_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """TF-IDF of the words of each text F32[N, words]; zeros where a text has no word.

    Raises:
        TrivetError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError as error:
        raise TrivetError(
            "the TF-IDF baseline needs scikit-learn.", where="baselines", todo="pip install 'trivet[train]'."
        ) from error
    vectors = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", dtype=np.float32).fit_transform(texts)
    return np.asarray(vectors.todense(), dtype=np.float32)
