"""Simpler ways beside a model, on the same rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trivet.errors import EncoderError
from trivet.evaluation.baselines import majority, tfidf_confidences, tfidf_logistic
from trivet.methods.features import embed_frozen
from trivet.trust.temperature import probabilities

if TYPE_CHECKING:
    from trivet_support.judging.judged import Judged

# As Rasa's FallbackClassifier is shipped: what is less confident than this falls back.
RASA_THRESHOLD = 0.7
NEIGHBOURS = 10


@dataclass(frozen=True)
class Simpler:
    """A simpler way: the intent and the confidence that it gives each test row."""

    name: str
    labels: tuple[str, ...]
    confidences: NDArray[np.float64]


class SimplerWays:
    """The simpler ways before a judged model's rows, each fitted once."""

    def __init__(self, judged: Judged) -> None:
        self._judged = judged

    @cached_property
    def all(self) -> tuple[Simpler, ...]:
        """Majority, words, neighbours by the untouched encoder where it is here, and argmax without calibration."""
        frozen = self.neighbours
        return (self.majority, self.words, *((frozen,) if frozen else ()), self.uncalibrated)

    @cached_property
    def majority(self) -> Simpler:
        """The most frequent intent, as often right as it is frequent."""
        labels = list(self._judged.train["label"])
        found = majority(labels, len(self._judged.rows))
        share = Counter(labels).most_common(1)[0][1] / len(labels)
        return Simpler("majority", tuple(found), np.full(len(found), share))

    @cached_property
    def words(self) -> Simpler:
        """Logistic regression on TF-IDF of words and word pairs."""
        train, texts, seed = self._judged.train, self._judged.texts, self._judged.data.seed
        known = (list(train["text"]), list(train["label"]), texts)
        return Simpler(
            "tfidf-logistic",
            tuple(tfidf_logistic(*known, seed=seed)),
            np.array(tfidf_confidences(*known, seed=seed)),
        )

    def tell_by_words(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Confidences of the same regression: of the test rows F64[N], and of the texts F64[M]."""
        judged = self._judged
        asked = [*judged.texts, *texts]
        sure = tfidf_confidences(list(judged.train["text"]), list(judged.train["label"]), asked, seed=judged.data.seed)
        return np.array(sure[: len(judged.texts)]), np.array(sure[len(judged.texts) :])

    @cached_property
    def neighbours(self) -> Simpler | None:
        """The ten nearest training rows by the encoder as it was before training; None where that is not here."""
        judged = self._judged
        learnt, labels = list(judged.train["text"]), np.asarray(judged.train["label"], dtype=object)
        try:
            rows = embed_frozen(judged.artifact.recipe, [*learnt, *judged.texts], judged.settings)
        except EncoderError:
            return None
        near = rows[len(learnt) :] @ rows[: len(learnt)].T
        count = min(NEIGHBOURS, len(learnt))
        found, sure = [], []
        for row in near:
            votes: dict[str, float] = defaultdict(float)
            for at in np.argpartition(-row, count - 1)[:count].tolist():
                votes[str(labels[at])] += float(row[at])
            label, weight = min(votes.items(), key=lambda one: (-one[1], one[0]))
            found.append(label)
            sure.append(weight / max(sum(votes.values()), 1e-9))
        return Simpler("frozen kNN", tuple(found), np.array(sure))

    @cached_property
    def uncalibrated(self) -> Simpler:
        """Our own scores without calibration: the likeliest, as Rasa takes it."""
        chances = probabilities(self._judged.scores, 1.0)
        labels = tuple(self._judged.labels[at] for at in chances.argmax(axis=1))
        return Simpler("argmax (Rasa)", labels, chances.max(axis=1))
