"""Calibrates a model of label sets on scores that were held out, and says how good the sets are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from trivet.answers.multilabel import MultilabelFacts, reach_thresholds
from trivet.evaluation.metrics.label_sets import count_hits, micro_f1
from trivet.trust.platt import fit_labels, label_probabilities
from trivet.trust.thresholds import choose_thresholds


def find_label_facts(
    scores: ArrayLike, truth: ArrayLike, *, labels: tuple[str, ...], max_tokens: int
) -> MultilabelFacts:
    """Facts with a sigmoid and a threshold a label, from scores [N, C] held out with truth bool[N, C]."""
    slopes, shifts = fit_labels(scores, truth)
    thresholds = choose_thresholds(label_probabilities(scores, slopes, shifts), truth)
    return MultilabelFacts(
        labels=labels,
        max_tokens=max_tokens,
        thresholds=tuple(thresholds.tolist()),
        slopes=tuple(slopes.tolist()),
        shifts=tuple(shifts.tolist()),
    )


def score_sets(scores: ArrayLike, truth: ArrayLike, facts: MultilabelFacts) -> float:
    """Micro F1 of the labels that the facts give at these scores."""
    given = reach_thresholds(label_probabilities(scores, facts.slopes, facts.shifts), facts)
    return float(micro_f1(count_hits(truth, given).sum(axis=0)))


def mark_given(scores: ArrayLike, facts: MultilabelFacts) -> np.ndarray:
    """Two scores a label F32[N, C, 2], the higher of which says whether it is given: for comparing whole answers."""
    chances = label_probabilities(scores, facts.slopes, facts.shifts)
    return np.stack([np.broadcast_to(facts.thresholds, chances.shape), chances], axis=2).astype(np.float32)
