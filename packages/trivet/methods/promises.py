"""Calibrates a classifier on scores that were held out, and computes what can be promised about its answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trivet.answers.classification import ClassificationFacts
from trivet.recipe.trust import TrustRecipe
from trivet.trust.conformal import ConformalSets, fit_sets
from trivet.trust.novelty import refuse_threshold
from trivet.trust.risk import find_operating_point
from trivet.trust.vector_scaling import fit_calibration

# Of the folds that a calibration is chosen on: the same rows give the same facts.
SEED = 0


@dataclass(frozen=True)
class HeldOut:
    """Scores [N, C] and novelties [N] of rows that the model has not learned from, with their true labels [N]."""

    scores: np.ndarray
    novelties: np.ndarray
    truth: np.ndarray


def promise(held_out: HeldOut, *, labels: tuple[str, ...], max_tokens: int, trust: TrustRecipe) -> ClassificationFacts:
    """Facts with a calibration, the operating point of the recipe's risk, the threshold of novelty, and sets if asked.

    The operating point counts only rows that are not refused as foreign, as serving does.
    """
    calibration = fit_calibration(held_out.scores, held_out.truth, kind=trust.calibration, folds=trust.folds, seed=SEED)
    chances = calibration.apply(held_out.scores)
    threshold = refuse_threshold(held_out.novelties, trust.refuse_in_scope)
    confidences = np.where(held_out.novelties > threshold, 0.0, chances.max(axis=1))
    point = find_operating_point(
        confidences,
        chances.argmax(axis=1) == held_out.truth,
        risk=trust.risk,
        confidence=trust.confidence,
        horizon=trust.horizon,
    )
    return ClassificationFacts(
        labels=labels,
        max_tokens=max_tokens,
        temperature=calibration.temperature,
        operating_point=point,
        novelty_threshold=threshold,
        vector=calibration.vector,
        sets=_sets(chances, held_out.truth, trust),
    )


def _sets(chances: np.ndarray, truth: np.ndarray, trust: TrustRecipe) -> ConformalSets | None:
    if trust.sets == "none":
        return None
    return fit_sets(chances, truth, kind=trust.sets, coverage=trust.set_coverage, by_label=trust.sets_by_label)
