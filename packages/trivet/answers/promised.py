"""Readers of the facts that calibration and conformal sets are kept as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from trivet.answers.reading import check_names, read_count, read_number
from trivet.errors import ArtifactError
from trivet.trust.conformal import ConformalSets, SetKind
from trivet.trust.vector_scaling import VectorScaling


def read_vector(values: Any, *, labels: int) -> VectorScaling:
    """Vector scaling of so many labels.

    Raises:
        ArtifactError: a part is missing, unknown, or not a finite number a label.
    """
    fields = _object(values, "vector")
    check_names(fields, ("scale", "shift"), ())
    scale, shift = (_numbers(fields, name) for name in ("scale", "shift"))
    if not len(scale) == len(shift) == labels:
        raise ArtifactError(f"{labels} labels want as many scales and shifts.", where="facts.vector")
    return VectorScaling(scale, shift)


def read_sets(values: Any, *, labels: int) -> ConformalSets:
    """Conformal sets of so many labels.

    Raises:
        ArtifactError: a part is missing, unknown, of another type or out of range.
    """
    fields = _object(values, "sets")
    check_names(fields, ("kind", "coverage", "thresholds", "rows", "size"), ())
    if fields["kind"] not in get_args(SetKind):
        raise ArtifactError(f"there are no sets of kind {fields['kind']!r}.", where="facts.kind")
    thresholds = _numbers(fields, "thresholds")
    if len(thresholds) not in (1, labels):
        raise ArtifactError(f"{labels} labels want one threshold, or as many.", where="facts.thresholds")
    return ConformalSets(
        kind=fields["kind"],
        coverage=read_number(fields, "coverage", low=0.0, high=1.0),
        thresholds=thresholds,
        rows=read_count(fields, "rows"),
        size=read_number(fields, "size", low=0.0),
    )


def _object(values: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise ArtifactError("it is a JSON object.", where=f"facts.{name}")
    return values


def _numbers(values: Mapping[str, Any], name: str) -> tuple[float, ...]:
    numbers = values[name]
    if not isinstance(numbers, list | tuple):
        raise ArtifactError("it is a list of numbers.", where=f"facts.{name}")
    return tuple(read_number({name: number}, name) for number in numbers)
