"""Builds a saved head again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from trivet.errors import ArtifactError, DataError
from trivet.heads.analytic import AnalyticHead
from trivet.heads.expansion import Expansion
from trivet.heads.head import Floats, Head
from trivet.heads.logistic import LogisticHead
from trivet.heads.prototypes import Prototypes
from trivet.heads.rows import check_labels


def load_head(description: Mapping[str, Any], tensors: Mapping[str, ArrayLike]) -> Head:
    """The head that gave this `describe()` and these `tensors()`.

    Raises:
        ArtifactError: an unknown kind, or a tensor that is missing, misshapen or not finite.
    """
    kind = description.get("kind")
    match kind:
        case "prototypes":
            labels = _labels(description)
            return Prototypes(labels, _tensor(tensors, "means", (len(labels), None)))
        case "logistic":
            labels = _labels(description)
            weight = _tensor(tensors, "weight", (len(labels), None))
            bias = _tensor(tensors, "bias", (len(labels),))
            return LogisticHead(labels, weight, bias, _number(description, "penalty"))
        case "analytic":
            return _load_analytic(description, tensors)
        case _:
            raise ArtifactError(f"there is no head of kind {kind!r}.", where="head", todo="A newer Trivet may know it.")


def _load_analytic(description: Mapping[str, Any], tensors: Mapping[str, ArrayLike]) -> AnalyticHead:
    labels = _labels(description)
    dim, width = int(_number(description, "dim")), int(_number(description, "expansion"))
    projection = _tensor(tensors, "projection", (dim, width)) if width else None
    expansion = Expansion(dim, projection)
    weights = _tensor(tensors, "weights", (expansion.width, len(labels)))
    return AnalyticHead(labels, expansion, weights, _number(description, "penalty"))


def _labels(description: Mapping[str, Any]) -> tuple[str, ...]:
    labels = description.get("labels")
    if not isinstance(labels, list | tuple) or not all(isinstance(label, str) for label in labels):
        raise ArtifactError("the head does not name its labels.", where="head.labels")
    try:
        return check_labels(labels)
    except DataError as error:
        raise ArtifactError(error.what, where="head.labels") from error


def _number(description: Mapping[str, Any], key: str) -> float:
    value = description.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArtifactError(f"the head does not say its {key}.", where=f"head.{key}")
    return float(value)


def _tensor(tensors: Mapping[str, ArrayLike], name: str, shape: tuple[int | None, ...]) -> Floats:
    if name not in tensors:
        raise ArtifactError("the head lacks this tensor.", where=f"head.{name}")
    tensor = np.ascontiguousarray(tensors[name], dtype=np.float32)
    fits = tensor.ndim == len(shape) and all(want in (None, size) for want, size in zip(shape, tensor.shape))
    if not fits:
        wanted = ["any" if size is None else size for size in shape]
        raise ArtifactError(f"shape {list(tensor.shape)}, not {wanted}.", where=f"head.{name}")
    if not np.isfinite(tensor).all():
        raise ArtifactError("it holds a value that is not finite.", where=f"head.{name}")
    return tensor
