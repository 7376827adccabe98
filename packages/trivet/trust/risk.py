"""How confident an answer must be for the promised share of answers to be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

# Thresholds that are tested: enough for a fine choice, few enough that luck at one of them seldom ends the walk early.
STEPS = 100

# No confidence reaches it, so nothing is answered where nothing can be promised.
NEVER = 2.0


@dataclass(frozen=True)
class OperatingPoint:
    """At most `risk` of the answers with confidence >= `threshold` are wrong, in `confidence` of all draws of the rows.

    `coverage` is the share of the `rows` held out that are answered. `held` False: the rows do not allow the promise,
    and the threshold lies above 1.
    """

    risk: float
    confidence: float
    threshold: float
    coverage: float
    rows: int
    held: bool


def find_operating_point(
    confidences: ArrayLike, correct: ArrayLike, *, risk: float, confidence: float, horizon: int = 0
) -> OperatingPoint:
    """The lowest threshold that keeps the promise, from rows that were held out: confidences [N], correct bool[N].

    Thresholds are tested in a fixed order, the strictest first, and the walk ends at the first whose upper bound on the
    risk (Clopper-Pearson, one-sided) exceeds `risk`; so no correction for many tests is needed (Learn then Test,
    Angelopoulos et al. 2021, arXiv 2110.01052, fixed-sequence testing). The order is one of ranks and does not look at
    what is right: it starts where two wrong answers could be borne, or at a fifth of the rows if that is more. The
    first threshold whose true risk is too high is passed with probability at most 1 - `confidence`, as long as less
    confident answers are wrong more often around it.

    `horizon` 0 promises a share in the long run. Otherwise it is the share counted among so many next texts, which
    luck sways as well: it takes a stricter threshold.

    Raises:
        InputError: as many confidences as outcomes are wanted, at least one, all finite.
    """
    levels = np.asarray(confidences, dtype=np.float64)
    right = np.asarray(correct).astype(bool)
    if levels.ndim != 1 or levels.shape != right.shape or not len(levels):
        raise InputError(f"{levels.shape} confidences but {right.shape} outcomes.", where="confidences")
    if not np.isfinite(levels).all():
        raise InputError("a confidence is not a finite number.", where=f"row {int(np.argmin(np.isfinite(levels)))}")
    order = np.argsort(-levels, kind="stable")
    levels, wrong = levels[order], np.cumsum(~right[order])
    held: OperatingPoint | None = None
    for rank in _ranks(len(levels), risk=risk, confidence=confidence):
        threshold = float(levels[rank - 1])
        answered = int(np.searchsorted(-levels, -threshold, side="right"))
        errors = int(wrong[answered - 1])
        asked = round(horizon * answered / len(levels))
        if horizon and chance_of_excess(errors, answered, asked, risk=risk) > 1 - confidence:
            break
        if not horizon and bound_risk(errors, answered, confidence=confidence) > risk:
            break
        held = OperatingPoint(risk, confidence, threshold, answered / len(levels), len(levels), held=True)
    return held or OperatingPoint(risk, confidence, NEVER, 0.0, len(levels), held=False)


def bound_risk(wrong: int, rows: int, *, confidence: float) -> float:
    """Upper bound on a rate of which `wrong` of `rows` were seen (Clopper and Pearson 1934, one-sided)."""
    from scipy import special  # heavy; serving does without it

    return 1.0 if wrong >= rows else float(special.betaincinv(wrong + 1, rows - wrong, confidence))


def chance_of_excess(wrong: int, rows: int, asked: int, *, risk: float) -> float:
    """How likely at most `wrong` errors among `rows` are, where more than the share `risk` of `asked` others err.

    Exact for rows and others that are exchangeable (hypergeometric), at the fewest errors that would break the promise.
    """
    from scipy import special  # heavy; serving does without it

    most = wrong + int(risk * asked + 1e-9) + 1
    if wrong >= rows or most > rows + asked:
        return 1.0
    # Of `most` errors in all, `seen` fell among the rows: sum of hypergeometric probabilities, in logarithms.
    seen = np.arange(max(0, most - asked), wrong + 1)

    def choose(of: int, some: ArrayLike) -> NDArray[np.float64]:
        picked = np.asarray(some, dtype=np.float64)
        return special.gammaln(of + 1) - special.gammaln(picked + 1) - special.gammaln(of - picked + 1)

    return float(np.exp(choose(rows, seen) + choose(asked, most - seen) - choose(rows + asked, most)).sum())


def _ranks(rows: int, *, risk: float, confidence: float) -> list[int]:
    """Numbers of answers to test, rising; one test of all rows where there are too few to begin earlier."""
    first = 1
    while first < rows and bound_risk(2, first, confidence=confidence) > risk:
        first += 1
    first = max(first, -(-rows // 5))
    return sorted(set(np.linspace(first, rows, STEPS).round().astype(int).tolist()))
