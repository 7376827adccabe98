"""Turns the score of one label, which may stand beside others, into a probability that means what it says."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

Doubles = NDArray[np.float64]

# Fewer rows with a label, or without it, than this say too little about it: it shares the scale of all labels.
FEWEST = 10


def label_probabilities(scores: ArrayLike, slopes: ArrayLike, shifts: ArrayLike) -> Doubles:
    """sigmoid(slope * score + shift) F64[N, C] of scores [N, C], with a slope and a shift a label [C].

    Raises:
        InputError: scores that are not finite numbers of shape [N, C]; names the row.
    """
    rows = np.asarray(scores, dtype=np.float64)
    steep, moved = np.asarray(slopes, dtype=np.float64), np.asarray(shifts, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1:] != steep.shape or steep.shape != moved.shape:
        raise InputError(f"scores have shape {list(rows.shape)}, not [rows, {len(steep)}].", where="scores")
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise InputError("a score is not a finite number.", where=f"row {int(np.argmin(finite))}")
    return sigmoid(rows * steep + moved)


def sigmoid(logits: Doubles) -> Doubles:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, small) / (1.0 + small)


def fit_labels(scores: ArrayLike, truth: ArrayLike) -> tuple[Doubles, Doubles]:
    """Slopes and shifts F64[C] of every label, from scores [N, C] of rows held out and truth bool[N, C].

    A label that fewer than ten of the rows have, or lack, or whose own slope would not rise, gets those of all labels
    together.

    Raises:
        InputError: no rows, or shapes that do not go together.
    """
    rows, right = np.asarray(scores, dtype=np.float64), np.asarray(truth).astype(bool)
    if rows.ndim != 2 or rows.shape != right.shape or not rows.size:
        raise InputError(f"scores {list(rows.shape)} but truth {list(right.shape)}.", where="truth")
    slope, shift = fit_platt(rows.ravel(), right.ravel())
    slopes, shifts = np.full(rows.shape[1], slope), np.full(rows.shape[1], shift)
    for label in range(rows.shape[1]):
        have = int(right[:, label].sum())
        if min(have, len(rows) - have) >= FEWEST:
            steep, moved = fit_platt(rows[:, label], right[:, label])
            if steep > 0:
                slopes[label], shifts[label] = steep, moved
    return slopes, shifts


def fit_platt(scores: Doubles, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and shift of the sigmoid with the lowest log loss on scores [N] with truth bool[N].

    Platt 1999 ("Probabilistic outputs for support vector machines"), with his targets (N+ + 1) / (N+ + 2) and
    1 / (N- + 2), which keep both finite where the scores tell all rows apart.
    """
    from scipy import optimize  # heavy; serving does without it

    have = int(truth.sum())
    targets = np.where(truth, (have + 1) / (have + 2), 1 / (len(truth) - have + 2))
    middle, spread = float(scores.mean()), float(scores.std())
    if spread == 0.0:
        share = float(targets.mean())
        return 1.0, float(np.log(share / (1 - share))) - middle
    plain = (scores - middle) / spread

    def lose(point: Doubles) -> tuple[float, Doubles]:
        logits = point[0] * plain + point[1]
        gap = sigmoid(logits) - targets
        loss = float((np.logaddexp(0.0, logits) - targets * logits).mean())
        return loss, np.array([(gap * plain).mean(), gap.mean()])

    found = optimize.minimize(lose, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", options={"gtol": 1e-8})
    slope = float(found.x[0]) / spread
    return slope, float(found.x[1]) - slope * middle
