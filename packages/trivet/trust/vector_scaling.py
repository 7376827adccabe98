"""A scale and a shift a label on top of the temperature, where labels are not confident alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError
from trivet.trust.temperature import fit_temperature, log_loss, probabilities

Doubles = NDArray[np.float64]
CalibrationKind = Literal["temperature", "vector", "auto"]

# Strengths of the pull towards the plain temperature, in made-up rows a label; the strongest first.
PULLS = (30.0, 10.0, 3.0, 1.0)


@dataclass(frozen=True)
class VectorScaling:
    """softmax(scale * scores / temperature + shift), one scale and one shift a label, in the order of the labels."""

    scale: tuple[float, ...]
    shift: tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities; without `vector` by the temperature alone."""

    temperature: float
    vector: VectorScaling | None = None

    def apply(self, scores: ArrayLike) -> Doubles:
        """Probabilities F64[N, C] of scores [N, C]."""
        return calibrate(scores, self.temperature, self.vector)


def calibrate(scores: ArrayLike, temperature: float, vector: VectorScaling | None) -> Doubles:
    """Probabilities F64[N, C] of scores [N, C].

    Raises:
        InputError: scores that are not finite numbers of shape [N, C], or not of one column a scale.
    """
    if vector is None:
        return probabilities(scores, temperature)
    rows = np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(vector.scale):
        raise InputError(f"scores {list(rows.shape)} but {len(vector.scale)} scales.", where="scores")
    return probabilities(rows * np.asarray(vector.scale) / temperature + np.asarray(vector.shift), 1.0)


def fit_calibration(
    scores: ArrayLike, truth: ArrayLike, *, kind: CalibrationKind, folds: int, seed: int
) -> Calibration:
    """The calibration of rows that were held out; `auto` takes vector scaling where it loses less on unseen folds.

    The pull of the vector towards the temperature is chosen on the same folds.

    Raises:
        InputError: scores that are not finite numbers of shape [N, C], or truth that does not fit them.
    """
    rows, indices = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    plain = Calibration(fit_temperature(rows, indices))
    if kind == "temperature" or len(rows) < 2 * folds:
        return plain
    losses = _cross_validate(rows, indices, folds=folds, seed=seed)
    best = min(PULLS, key=lambda pull: losses[pull])
    if kind == "auto" and losses[None] <= losses[best]:
        return plain
    return Calibration(plain.temperature, fit_vector_scaling(rows, indices, temperature=plain.temperature, pull=best))


def fit_vector_scaling(scores: ArrayLike, truth: ArrayLike, *, temperature: float, pull: float) -> VectorScaling:
    """Scales and shifts with the lowest log loss on rows held out (Guo et al. 2017, arXiv 1706.04599, section 4.2).

    Added to the sum of the losses is pull / 2 * (|scale - 1|^2 + |shift|^2): labels with few rows keep close to the
    temperature.

    Raises:
        InputError: scores that are not finite numbers of shape [N, C], or truth that does not fit them.
    """
    from scipy import optimize  # heavy; serving does without it

    log_loss(scores, truth)  # checks both
    rows = np.asarray(scores, dtype=np.float64) / temperature
    indices = np.asarray(truth, dtype=np.int64)
    every, labels = np.arange(len(rows)), rows.shape[1]

    def lose(flat: Doubles) -> tuple[float, Doubles]:
        scale, shift = flat[:labels], flat[labels:]
        logits = rows * scale + shift
        logits -= logits.max(axis=1, keepdims=True)
        right = logits[every, indices]
        np.exp(logits, out=logits)
        totals = logits.sum(axis=1)
        loss = float((np.log(totals) - right).sum()) + pull / 2 * float(((scale - 1) ** 2).sum() + (shift**2).sum())
        logits /= totals[:, None]
        logits[every, indices] -= 1.0
        gradient = np.concatenate([(logits * rows).sum(axis=0) + pull * (scale - 1), logits.sum(axis=0) + pull * shift])
        return loss / len(rows), gradient / len(rows)

    start = np.concatenate([np.ones(labels), np.zeros(labels)])
    options = {"maxiter": 500, "gtol": 1e-7, "ftol": 1e-12}
    found = optimize.minimize(lose, start, jac=True, method="L-BFGS-B", options=options).x
    return VectorScaling(tuple(found[:labels].tolist()), tuple(found[labels:].tolist()))


def _cross_validate(rows: Doubles, truth: NDArray[np.int64], *, folds: int, seed: int) -> dict[float | None, float]:
    """Mean log loss on unseen folds by pull; None: the temperature alone."""
    order = np.random.default_rng(seed).permutation(len(rows))
    ways: tuple[float | None, ...] = (None, *PULLS)
    totals = dict.fromkeys(ways, 0.0)
    for fold in range(folds):
        unseen = order[fold::folds]
        seen = np.setdiff1d(order, unseen)
        temperature = fit_temperature(rows[seen], truth[seen])
        for pull in ways:
            vector = (
                None
                if pull is None
                else fit_vector_scaling(rows[seen], truth[seen], temperature=temperature, pull=pull)
            )
            chances = calibrate(rows[unseen], temperature, vector)[np.arange(len(unseen)), truth[unseen]]
            totals[pull] -= float(np.log(np.maximum(chances, 1e-300)).sum())
    return {pull: total / len(rows) for pull, total in totals.items()}
