"""Two kinds of rows told apart by a line: the small logistic regression that novelty is learnt with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import InputError

Doubles = NDArray[np.float64]


def fit_binary(rows: ArrayLike, positive: ArrayLike, *, penalty: float) -> tuple[Doubles, float]:
    """Weights F64[K] and bias of log-odds rows @ weights + bias, from rows [N, K] and positive bool[N].

    Both kinds weigh the same in all, however many rows each has. The bias is not penalised; `penalty` / 2 * |weights|^2
    is added to the weighed sum of log losses, whose weights have mean 1.

    Raises:
        InputError: rows that are not finite numbers of shape [N, K], or only one kind of them.
    """
    from scipy import optimize, special  # heavy; serving does without them

    wide, kinds = np.asarray(rows, dtype=np.float64), np.asarray(positive).astype(bool)
    if wide.ndim != 2 or kinds.shape != (len(wide),) or not np.isfinite(wide).all():
        raise InputError(f"rows {list(wide.shape)} but kinds {list(kinds.shape)}.", where="rows")
    if kinds.all() or not kinds.any():
        raise InputError("there is only one kind of rows.", where="rows")
    signs = np.where(kinds, 1.0, -1.0)
    weights = np.where(kinds, 0.5 / kinds.mean(), 0.5 / (1 - kinds.mean()))

    def lose(flat: Doubles) -> tuple[float, Doubles]:
        margins = signs * (wide @ flat[:-1] + flat[-1])
        loss = -float((weights * special.log_expit(margins)).sum()) + penalty / 2 * float((flat[:-1] ** 2).sum())
        pulls = -weights * signs * special.expit(-margins)
        gradient = np.concatenate([pulls @ wide + penalty * flat[:-1], [pulls.sum()]])
        return loss / len(wide), gradient / len(wide)

    options = {"maxiter": 1000, "gtol": 1e-8, "ftol": 1e-13}
    found = optimize.minimize(lose, np.zeros(wide.shape[1] + 1), jac=True, method="L-BFGS-B", options=options).x
    return found[:-1], float(found[-1])
