"""How foreign a text is, by one score or by several combined; what serving needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.errors import ArtifactError, InputError
from trivet.trust.gaussian import Gaussian
from trivet.trust.neighbours import Neighbours
from trivet.trust.temperature import probabilities
from trivet.trust.tensors import Floats, read_tensor

Doubles = NDArray[np.float64]
Component = Literal["max_probability", "energy", "mahalanobis", "neighbours", "outliers"]

ALONE: tuple[Component, ...] = ("max_probability", "energy", "mahalanobis", "neighbours")


@dataclass(frozen=True)
class Blend:
    """A weighed sum of components, each less its mean and by its deviation on rows in scope that were held out."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]

    def apply(self, columns: Doubles) -> Doubles:
        """F64[N] of components F64[N, K]."""
        # A sum a column in their order: a matrix product may round otherwise in another batch.
        total = np.zeros(len(columns))
        for at, (mean, deviation, weight) in enumerate(zip(self.means, self.deviations, self.weights, strict=True)):
            total += weight * (columns[:, at] - mean) / deviation
        return total


@dataclass(frozen=True, eq=False)
class Yardstick:
    """Measures novelty by its components: the one, or a blend of all of them.

    `temperature` is that of the scores. `outliers` F32[D + 1] are the weights and the bias of a line between the
    embeddings of training rows and of rows known to be foreign.
    """

    components: tuple[Component, ...]
    temperature: float
    gaussian: Gaussian | None = None
    neighbours: Neighbours | None = None
    outliers: Floats | None = None
    blend: Blend | None = None

    def columns(self, scores: ArrayLike, embeddings: ArrayLike) -> Doubles:
        """Each component F64[N, K] of rows with scores [N, C] and embeddings [N, D]; higher is more foreign.

        Raises:
            InputError: shapes that do not go together, or a value that is not finite.
        """
        rows = np.asarray(scores, dtype=np.float64)
        if len(rows) != len(np.asarray(embeddings)):
            raise InputError(f"{len(rows)} scores but {len(np.asarray(embeddings))} embeddings.", where="scores")
        return np.column_stack([self._component(name, rows, embeddings) for name in self.components])

    def measure(self, scores: ArrayLike, embeddings: ArrayLike) -> Floats:
        """How foreign rows with scores [N, C] and embeddings [N, D] are, F32[N]; errors as for `columns`."""
        columns = self.columns(scores, embeddings)
        found = columns[:, 0] if self.blend is None else self.blend.apply(columns)
        return np.asarray(found, dtype=np.float32)

    def _component(self, name: Component, scores: Doubles, embeddings: ArrayLike) -> Doubles:
        match name:
            case "max_probability":
                return 1.0 - probabilities(scores, self.temperature).max(axis=1)
            case "energy":
                return energy(scores, self.temperature)
            case "mahalanobis":
                assert self.gaussian is not None, "a yardstick has what its components need"
                return self.gaussian.measure(embeddings).astype(np.float64)
            case "neighbours":
                assert self.neighbours is not None, "a yardstick has what its components need"
                return self.neighbours.measure(embeddings).astype(np.float64)
            case "outliers":
                assert self.outliers is not None, "a yardstick has what its components need"
                rows = np.asarray(embeddings, dtype=np.float64)
                return (rows * self.outliers[:-1]).sum(axis=1) + float(self.outliers[-1])
            case _:
                assert_never(name)

    def tensors(self) -> dict[str, Floats]:
        """Everything numeric and large that `load_yardstick` needs."""
        found = {} if self.gaussian is None else dict(self.gaussian.tensors())
        if self.neighbours is not None:
            found["rows"] = self.neighbours.rows
        if self.outliers is not None:
            found["outliers"] = self.outliers
        return found

    def describe(self) -> dict[str, Any]:
        """Everything else that `load_yardstick` needs, as JSON."""
        return {
            "components": list(self.components),
            "temperature": self.temperature,
            "neighbours": 0 if self.neighbours is None else self.neighbours.count,
            "blend": None
            if self.blend is None
            else {
                "means": list(self.blend.means),
                "deviations": list(self.blend.deviations),
                "weights": list(self.blend.weights),
            },
        }


def energy(scores: ArrayLike, temperature: float) -> Doubles:
    """-log sum exp(scores / temperature) F64[N] of scores [N, C]: the free energy by the temperature.

    Liu et al. 2020, arXiv 2010.03759; higher is more foreign.
    """
    rows = np.asarray(scores, dtype=np.float64) / temperature
    top = rows.max(axis=1)
    return np.asarray(-(top + np.log(np.exp(rows - top[:, None]).sum(axis=1))), dtype=np.float64)


def load_yardstick(description: Mapping[str, Any], tensors: Mapping[str, Floats]) -> Yardstick:
    """The yardstick that gave this `describe()` and these `tensors()`.

    Raises:
        ArtifactError: a component that is not known, or a part that is missing, misshapen or not finite.
    """
    components = description.get("components")
    known = (*ALONE, "outliers")
    if not isinstance(components, list) or not components or not all(name in known for name in components):
        raise ArtifactError(f"there are no measures {components!r}.", where="novelty.components")
    if len(components) > 1 and description.get("blend") is None:
        raise ArtifactError("several measures want a blend.", where="novelty.blend")
    temperature, blend = _numbers([description.get("temperature")], "temperature")[0], None
    if temperature <= 0:
        raise ArtifactError(f"{temperature!r} is not above 0.", where="novelty.temperature")
    if description.get("blend") is not None:
        blend = _read_blend(description["blend"], len(components))
    count = description.get("neighbours")
    neighbours = None
    if "neighbours" in components:
        rows = read_tensor(tensors, "rows", (None, None))
        if not isinstance(count, int) or not 1 <= count <= len(rows):
            raise ArtifactError(f"{count!r} of {len(rows)} neighbours.", where="novelty.neighbours")
        neighbours = Neighbours(rows, count)
    return Yardstick(
        components=tuple(components),
        temperature=temperature,
        gaussian=Gaussian.load(dict(tensors)) if "mahalanobis" in components else None,
        neighbours=neighbours,
        outliers=read_tensor(tensors, "outliers", (None,)) if "outliers" in components else None,
        blend=blend,
    )


def _read_blend(values: Any, count: int) -> Blend:
    if not isinstance(values, Mapping) or set(values) != {"means", "deviations", "weights"}:
        raise ArtifactError("it has means, deviations and weights.", where="novelty.blend")
    parts = {name: _numbers(values[name], f"blend.{name}") for name in ("means", "deviations", "weights")}
    if any(len(part) != count for part in parts.values()) or min(parts["deviations"]) <= 0:
        raise ArtifactError(f"it wants {count} of each, deviations above 0.", where="novelty.blend")
    return Blend(**parts)


def _numbers(values: Any, where: str) -> tuple[float, ...]:
    plain = isinstance(values, list) and all(
        isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value) for value in values
    )
    if not plain:
        raise ArtifactError("it is not finite numbers.", where=f"novelty.{where}", todo="Train again.")
    return tuple(float(value) for value in values)
