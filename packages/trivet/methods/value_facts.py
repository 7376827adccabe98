"""What can be promised about predicted numbers, from rows that were held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from trivet.answers.regression import RegressionFacts, unscale
from trivet.artifact.card import Int8Entry
from trivet.evaluation.metrics.numbers import r_squared
from trivet.recipe.trust import TrustRecipe
from trivet.trust.residuals import conformal_margin


def find_value_facts(
    scores: ArrayLike,
    numbers: ArrayLike,
    *,
    standard: tuple[float, float],
    learnt: np.ndarray,
    max_tokens: int,
    trust: TrustRecipe,
) -> RegressionFacts:
    """Facts with the margin of the recipe's coverage, from scores [N, 1] held out with their true numbers [N].

    `standard` is mean and scale, `learnt` are the numbers that were learnt from.
    """
    mean, scale = standard
    bare = RegressionFacts(
        max_tokens=max_tokens,
        mean=mean,
        scale=scale,
        low=float(learnt.min()),
        high=float(learnt.max()),
        coverage=trust.coverage,
    )
    residuals = np.asarray(numbers, dtype=np.float64) - unscale(scores, bare)
    return replace(bare, margin=conformal_margin(residuals, trust.coverage))


def explain_variance(scores: ArrayLike, numbers: ArrayLike, facts: RegressionFacts) -> float:
    """R squared of the values at these scores [N, 1]."""
    return float(r_squared(np.asarray(numbers, dtype=np.float64), unscale(scores, facts)))


def without_answers(cost: Int8Entry) -> Int8Entry:
    """What int8 costs a number: `loss_points` are of R squared, and no two numbers are ever just the same answer."""
    return cost.model_copy(update={"agreement": None, "batch_flips": None})
