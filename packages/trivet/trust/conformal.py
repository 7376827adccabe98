"""Sets of labels that hold the right one as often as was promised."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

Doubles = NDArray[np.float64]
SetKind = Literal["lac", "aps", "raps"]

# Regularisation of RAPS: labels after the FREE-th are made dearer by COST each.
FREE, COST = 3, 0.02

# No score of a label reaches it, so a threshold there leaves no label out.
ALL = 1e9


@dataclass(frozen=True)
class ConformalSets:
    """A set holds the right label in at least `coverage` of draws of rows held out and one new row.

    `thresholds` are one for all labels, or one a label; a label is in the set where its score of nonconformity lies at
    or below its threshold. `size` is the mean number of labels in the sets of the `rows` held out.
    """

    kind: SetKind
    coverage: float
    thresholds: tuple[float, ...]
    rows: int
    size: float

    def members(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """Which labels are in the set of each row, bool[N, C]; the likeliest label always is.

        Raises:
            InputError: probabilities [N, C] that are not finite, or of another number of labels than thresholds.
        """
        chances = _check_chances(probabilities)
        limits = np.asarray(self.thresholds)
        if limits.shape not in ((1,), (chances.shape[1],)):
            raise InputError(f"{chances.shape[1]} labels but {len(limits)} thresholds.", where="probabilities")
        inside = nonconformity(chances, self.kind) <= limits
        inside[np.arange(len(chances)), chances.argmax(axis=1)] = True
        return inside


def fit_sets(
    probabilities: ArrayLike, truth: ArrayLike, *, kind: SetKind, coverage: float, by_label: bool
) -> ConformalSets:
    """Sets from rows that were held out: probabilities [N, C], truth I64[N] (split conformal, Vovk et al. 2005).

    A new row that is exchangeable with them has its label in its set with probability at least `coverage`; with
    `by_label` this holds for the rows of each label (Mondrian), and a label with too few rows is in every set. Where
    the probabilities are leave-one-out ones of the same rows, it holds as far as one row does not sway the model
    (jackknife, Barber et al. 2021, arXiv 1905.02928).

    Raises:
        InputError: probabilities that are not finite numbers of shape [N, C], or truth that does not fit them.
    """
    chances, right = _check_chances(probabilities), np.asarray(truth, dtype=np.int64)
    if not len(chances) or right.shape != (len(chances),) or right.min() < 0 or right.max() >= chances.shape[1]:
        raise InputError(f"probabilities {list(chances.shape)} but truth {list(right.shape)}.", where="truth")
    own = nonconformity(chances, kind)[np.arange(len(right)), right]
    if by_label:
        thresholds = [_quantile(own[right == label], coverage) for label in range(chances.shape[1])]
    else:
        thresholds = [_quantile(own, coverage)]
    sets = ConformalSets(kind, coverage, tuple(thresholds), len(right), 0.0)
    return ConformalSets(kind, coverage, sets.thresholds, len(right), float(sets.members(chances).sum(axis=1).mean()))


def nonconformity(probabilities: Doubles, kind: SetKind) -> Doubles:
    """How little each label fits each row, F64[N, C] of probabilities [N, C].

    `lac`: 1 - its probability (Sadinle et al. 2019, arXiv 1609.00451). `aps`: the probability of all labels at least
    as likely, itself included (Romano et al. 2020, arXiv 2006.02544, without randomisation). `raps`: that, and a cost
    for labels far down (Angelopoulos et al. 2021, arXiv 2009.14193).
    """
    if kind == "lac":
        return 1.0 - probabilities
    order = np.argsort(-probabilities, axis=1, kind="stable")
    sums = np.take_along_axis(probabilities, order, axis=1).cumsum(axis=1)
    if kind == "raps":
        sums += COST * np.maximum(np.arange(1, sums.shape[1] + 1) - FREE, 0)
    found = np.empty_like(sums)
    np.put_along_axis(found, order, sums, axis=1)
    return found


def _quantile(scores: Doubles, coverage: float) -> float:
    """The ceil((n + 1) * coverage)-th smallest; above all where there are too few."""
    rank = math.ceil((len(scores) + 1) * coverage - 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else ALL


def _check_chances(probabilities: ArrayLike) -> Doubles:
    chances = np.asarray(probabilities, dtype=np.float64)
    if chances.ndim != 2 or not np.isfinite(chances).all():
        raise InputError("probabilities must be finite numbers of shape [rows, labels].", where="probabilities")
    return chances
