"""How far from a predicted number the true one lies."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import InputError


def conformal_margin(residuals: ArrayLike, coverage: float) -> float | None:
    """The half width within which `coverage` of true values lie around predictions, from residuals [N] held out.

    Split conformal (Vovk et al. 2005; Lei et al. 2018, arXiv 1604.04173): the ceil((N + 1) * coverage)-th smallest
    absolute residual; for rows drawn as these were the true value lies inside with at least that probability. None
    where there are too few rows for any promise.

    Raises:
        InputError: no residuals, or one that is not finite.
    """
    gaps = np.sort(np.abs(np.asarray(residuals, dtype=np.float64)))
    if gaps.ndim != 1 or not len(gaps) or not np.isfinite(gaps).all():
        raise InputError("residuals must be finite numbers, at least one.", where="residuals")
    rank = math.ceil((len(gaps) + 1) * coverage)
    return float(gaps[rank - 1]) if rank <= len(gaps) else None
