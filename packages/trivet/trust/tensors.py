"""Reads a saved tensor of a measure of novelty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trivet.errors import ArtifactError

Floats = NDArray[np.float32]


def read_tensor(tensors: Mapping[str, Floats], name: str, shape: tuple[int | None, ...]) -> Floats:
    """The tensor of this name; None in `shape` is any size.

    Raises:
        ArtifactError: it is missing, misshapen or not finite.
    """
    if name not in tensors:
        raise ArtifactError("the measure of novelty lacks this tensor.", where=f"novelty.{name}")
    tensor = np.ascontiguousarray(tensors[name], dtype=np.float32)
    if tensor.ndim != len(shape) or any(want not in (None, size) for want, size in zip(shape, tensor.shape)):
        raise ArtifactError(f"shape {list(tensor.shape)}.", where=f"novelty.{name}", todo="Train again.")
    if not np.isfinite(tensor).all():
        raise ArtifactError("it holds a value that is not finite.", where=f"novelty.{name}", todo="Train again.")
    return tensor
