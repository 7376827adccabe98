"""Ridge regression on random ReLU features for any targets: many labels at once, or a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import DataError
from trivet.heads.analytic import AnalyticHead
from trivet.heads.expansion import Expansion
from trivet.heads.head import Floats
from trivet.heads.rows import check_embeddings, check_labels
from trivet.heads.targets import check_targets

Doubles = NDArray[np.float64]


def fit_ridge(
    embeddings: ArrayLike,
    targets: ArrayLike,
    names: Sequence[str],
    *,
    expansion: int,
    penalties: Sequence[float],
    seed: int,
) -> AnalyticHead:
    """The head of embeddings F32[N, D] with targets [N, C], at the penalty with the least leave-one-out squared error.

    It scores and is saved as any analytic head, and holds the leave-one-out scores; but it keeps no statistics, so it
    cannot learn or forget rows later. `expansion` is the number of features; 0 regresses on the embeddings themselves.

    Raises:
        InputError: embeddings that are not finite numbers of shape [N, D].
        DataError: targets, names or penalties that do not fit.
    """
    labels = check_labels(names)
    rows = check_embeddings(embeddings)
    wanted = check_targets(targets, rows=len(rows), columns=len(labels))
    if not penalties or min(penalties) <= 0:
        raise DataError("a ridge penalty is a number above 0.", where="penalties")
    features = Expansion.draw(rows.shape[1], expansion, seed=seed)
    solve = _by_rows if 3 * len(rows) < features.width else _by_features
    fits = solve(features, rows, wanted, [float(penalty) for penalty in penalties])
    errors = [float(((scores - wanted) ** 2).sum()) for _, scores in fits]
    best = int(np.argmin(errors))
    weights, scores = fits[best]
    return AnalyticHead(
        labels,
        features,
        weights.astype(np.float32),
        float(penalties[best]),
        leave_one_out_scores=scores.astype(np.float32),
    )


def _by_rows(
    expansion: Expansion, rows: Floats, targets: Doubles, penalties: Sequence[float]
) -> list[tuple[Doubles, Doubles]]:
    """Few rows: one eigendecomposition of H H' serves all penalties; weights are H' (H H' + penalty I)^-1 Y."""
    from scipy import linalg  # heavy; scoring does without it

    features = expansion.features(rows).astype(np.float64)
    values, vectors = linalg.eigh(features @ features.T, overwrite_a=True, check_finite=False)
    values = np.maximum(values, 0.0)
    turned = vectors.T @ targets
    fits = []
    for penalty in penalties:
        shrunk = values / (values + penalty)
        fitted, leverages = vectors @ (shrunk[:, None] * turned), (vectors**2) @ shrunk
        weights = features.T @ (vectors @ (turned / (values + penalty)[:, None]))
        fits.append((weights, _leave_out(fitted, leverages, targets)))
    return fits


def _by_features(
    expansion: Expansion, rows: Floats, targets: Doubles, penalties: Sequence[float]
) -> list[tuple[Doubles, Doubles]]:
    """Many rows: the Cholesky factor L of H'H + penalty I gives weights and leverages |L^-1 h_i|^2, block by block."""
    from scipy import linalg  # heavy; scoring does without it

    gram, cross = np.zeros((expansion.width, expansion.width)), np.zeros((expansion.width, targets.shape[1]))
    for block, features in expansion.blocks(rows):
        wide = features.astype(np.float64)
        # The same array on both sides: numpy then computes one triangle only.
        gram += wide.T @ wide
        cross += wide.T @ targets[block]
    fits = []
    for penalty in penalties:
        shifted = gram.copy(order="F")
        shifted[np.diag_indices_from(shifted)] += penalty
        factor = linalg.cholesky(shifted, lower=True, overwrite_a=True, check_finite=False)
        weights = linalg.cho_solve((factor, True), cross, check_finite=False)
        small = factor.astype(np.float32)
        fitted, leverages = np.empty(targets.shape), np.empty(len(rows))
        for block, features in expansion.blocks(rows):
            fitted[block] = features @ weights
            projected = linalg.solve_triangular(small, features.T, lower=True, check_finite=False)
            leverages[block] = np.einsum("kn,kn->n", projected, projected)
        fits.append((weights, _leave_out(fitted, leverages, targets)))
    return fits


def _leave_out(fitted: Doubles, leverages: Doubles, targets: Doubles) -> Doubles:
    """What each row gets from the fit without it: (f_i - p_ii y_i) / (1 - p_ii), exact for ridge (Allen's PRESS)."""
    own = leverages[:, None]
    return (fitted - own * targets) / np.maximum(1.0 - own, 1e-6)
