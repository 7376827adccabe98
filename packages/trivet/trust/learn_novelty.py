"""Learns a yardstick of novelty, and measures the rows held out by it as if they were new."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trivet.recipe.trust import TrustRecipe
from trivet.trust.binary_logistic import fit_binary
from trivet.trust.gaussian import Gaussian
from trivet.trust.neighbours import Neighbours
from trivet.trust.temperature import fit_temperature
from trivet.trust.tensors import Floats
from trivet.trust.yardstick import ALONE, Blend, Component, Yardstick

Doubles = NDArray[np.float64]

# Of the line between embeddings in scope and foreign ones, and of the blend; the columns of both are of like size.
LINE_PENALTY, BLEND_PENALTY = 1.0, 100.0
# Fewer rows known to be foreign do not show where the others lie.
LEAST_OUTLIERS = 20


@dataclass(frozen=True)
class Sample:
    """Rows by scores F64[N, C], embeddings [N, D] and, where they are in scope, labels I64[N]."""

    scores: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    truth: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.embeddings)

    def take(self, rows: NDArray[np.int64]) -> Sample:
        """Some of the rows."""
        return Sample(self.scores[rows], self.embeddings[rows], None if self.truth is None else self.truth[rows])


def learn_novelty(
    trust: TrustRecipe, learnt: Sample, held_out: Sample | None, outliers: Sample | None, *, seed: int
) -> tuple[Yardstick, Floats]:
    """A yardstick of the recipe's kind, and the novelty F32[N] of each row held out.

    Without `held_out` the rows learnt from serve as such: their scores are out-of-fold ones, and each is measured by
    what the rows of other folds give. `outliers` are rows known to be foreign. Where there are enough, `combined`
    weighs its components by what tells these from the rows held out; else all components weigh the same.

    Raises:
        InputError: rows that are not finite.
    """
    assert trust.novelty != "prototypes", "prototypes need no yardstick"
    known = outliers if outliers is not None and len(outliers) >= LEAST_OUTLIERS else None
    judged = learnt if held_out is None else held_out
    assert judged.truth is not None, "rows held out have labels"
    components: tuple[Component, ...] = (trust.novelty,) if trust.novelty != "combined" else ALONE
    if trust.novelty == "combined" and known is not None:
        components = (*ALONE, "outliers")
    bare = Yardstick(components, fit_temperature(judged.scores, judged.truth))
    columns = _measure_held_out(bare, trust, learnt, held_out, known, seed=seed)
    blend = None
    if trust.novelty == "combined":
        foreign = None if known is None else _measure_outliers(bare, trust, learnt, known, seed=seed)
        blend = _blend(columns, foreign)
    whole = fill(replace(bare, blend=blend), trust, learnt, known, seed=seed)
    novelties = columns[:, 0] if blend is None else blend.apply(columns)
    return whole, np.asarray(novelties, dtype=np.float32)


def fill(yardstick: Yardstick, trust: TrustRecipe, learnt: Sample, outliers: Sample | None, *, seed: int) -> Yardstick:
    """The yardstick with its components fitted on these rows; temperature and blend stay."""
    assert learnt.truth is not None, "rows learnt from have labels"
    components = yardstick.components
    line = None
    if "outliers" in components:
        assert outliers is not None, "a line has two sides"
        rows = np.concatenate([learnt.embeddings, outliers.embeddings])
        weights, bias = fit_binary(rows, np.arange(len(rows)) >= len(learnt), penalty=LINE_PENALTY)
        line = np.append(weights, bias).astype(np.float32)
    neighbours = None
    if "neighbours" in components:
        neighbours = Neighbours.fit(
            learnt.embeddings, learnt.truth, count=trust.neighbours, most=trust.neighbour_rows, seed=seed
        )
    return replace(
        yardstick,
        gaussian=Gaussian.fit(learnt.embeddings, learnt.truth) if "mahalanobis" in components else None,
        neighbours=neighbours,
        outliers=line,
    )


def _measure_held_out(
    bare: Yardstick, trust: TrustRecipe, learnt: Sample, held_out: Sample | None, outliers: Sample | None, *, seed: int
) -> Doubles:
    if held_out is not None:
        return fill(bare, trust, learnt, outliers, seed=seed).columns(held_out.scores, held_out.embeddings)
    found = np.empty((len(learnt), len(bare.components)))
    for unseen, seen in _folds(len(learnt), trust.folds, seed=seed):
        part, rest = learnt.take(unseen), learnt.take(seen)
        found[unseen] = fill(bare, trust, rest, outliers, seed=seed).columns(part.scores, part.embeddings)
    return found


def _measure_outliers(bare: Yardstick, trust: TrustRecipe, learnt: Sample, outliers: Sample, *, seed: int) -> Doubles:
    """Columns of the rows known to be foreign, each fold by a line that has not seen it."""
    found = np.empty((len(outliers), len(bare.components)))
    for unseen, seen in _folds(len(outliers), trust.folds, seed=seed):
        part = outliers.take(unseen)
        filled = fill(bare, trust, learnt, outliers.take(seen), seed=seed)
        found[unseen] = filled.columns(part.scores, part.embeddings)
    return found


def _blend(known: Doubles, foreign: Doubles | None) -> Blend:
    means, deviations = known.mean(axis=0), known.std(axis=0)
    deviations = np.where(deviations > 0, deviations, 1.0)
    weights = np.full(known.shape[1], 1.0 / known.shape[1])
    if foreign is not None:
        rows = (np.concatenate([known, foreign]) - means) / deviations
        weights, _ = fit_binary(rows, np.arange(len(rows)) >= len(known), penalty=BLEND_PENALTY)
    return Blend(tuple(means.tolist()), tuple(deviations.tolist()), tuple(weights.tolist()))


def _folds(rows: int, count: int, *, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows of each fold, and all the others."""
    order = np.random.default_rng(seed).permutation(rows)
    parts = [np.sort(order[fold::count]) for fold in range(min(count, rows))]
    return [(part, np.setdiff1d(order, part)) for part in parts if len(part) < rows]
