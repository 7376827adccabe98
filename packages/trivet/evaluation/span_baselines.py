"""Simpler ways to find spans: the most frequent tag of a word, and logistic regression over a frozen encoder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trivet.answers.bio import OUTSIDE
from trivet.answers.tagging import find_paths
from trivet.errors import DataError
from trivet.heads.logistic import LogisticHead

Tags = Sequence[NDArray[np.int64]]
PENALTY = 0.1
# Scores of a tag that the rows learnt from do not have.
NEVER = -1e9


def tag_by_word(words: Sequence[Sequence[str]], tags: Tags, asked: Sequence[Sequence[str]]) -> list[list[int]]:
    """The most frequent tag of each word in training (of equally frequent ones the first), O for a new word.

    Raises:
        DataError: there are no training texts.
    """
    if not len(words):
        raise DataError("there are no training rows for a baseline.", where="baselines")
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for line, marks in zip(words, tags, strict=True):
        for word, mark in zip(line, marks.tolist(), strict=True):
            counts[word.casefold()][mark] += 1
    best = {word: min(seen, key=lambda mark: (-seen[mark], mark)) for word, seen in counts.items()}
    return [[best.get(word.casefold(), OUTSIDE) for word in line] for line in asked]


def tag_by_state(
    states: Sequence[NDArray[np.float32]],
    tags: Tags,
    asked: Sequence[NDArray[np.float32]],
    *,
    classes: int,
    seed: int,
) -> list[list[int]]:
    """The best valid tags by logistic regression over the state [D] of each piece; states [U,D] a text.

    Raises:
        DataError: there are no training texts.
    """
    if not len(states):
        raise DataError("there are no training rows for a baseline.", where="baselines")
    learnt, truth = np.concatenate(states), np.concatenate(tags)
    known = np.unique(truth)
    if len(known) == 1:
        return [[int(known[0])] * len(rows) for rows in asked]
    head = LogisticHead.fit(
        learnt, np.searchsorted(known, truth), [str(tag) for tag in known], penalties=(PENALTY,), seed=seed
    )
    scores = []
    for rows in asked:
        padded = np.full((len(rows), classes), NEVER)
        if len(rows):
            padded[:, known] = head.scores(rows)
        scores.append(padded)
    return [path.tolist() for path in find_paths(scores, classes)]
