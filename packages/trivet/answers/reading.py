"""Reads single facts from JSON, each with an error that names it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from trivet.errors import ArtifactError
from trivet.trust.risk import OperatingPoint


def check_names(values: Mapping[str, Any], wanted: Collection[str], optional: Collection[str] = ()) -> None:
    """All facts that are wanted are there, and no other than these and the optional ones.

    Raises:
        ArtifactError: one is missing or unknown.
    """
    missing, unknown = sorted(set(wanted) - values.keys()), sorted(values.keys() - set(wanted) - set(optional))
    if missing:
        raise ArtifactError("it is missing.", where=f"facts.{missing[0]}")
    if unknown:
        raise ArtifactError("there is no such fact.", where=f"facts.{unknown[0]}")


def read_names(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of different names, at least one.

    Raises:
        ArtifactError: it is none.
    """
    names = values[name]
    if not isinstance(names, list) or not names or not all(isinstance(one, str) and one for one in names):
        raise ArtifactError(f"{name} are a list of names, at least one.", where=f"facts.{name}")
    if len(set(names)) < len(names):
        raise ArtifactError(f"a name in {name} stands twice.", where=f"facts.{name}")
    return tuple(names)


def read_count(values: Mapping[str, Any], name: str) -> int:
    """A whole number above 0.

    Raises:
        ArtifactError: it is none.
    """
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArtifactError(f"{value!r} is not a count above 0.", where=f"facts.{name}")
    return value


def read_number(values: Mapping[str, Any], name: str, *, low: float = -math.inf, high: float = math.inf) -> float:
    """A number strictly between `low` and `high`.

    Raises:
        ArtifactError: it is none.
    """
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        raise ArtifactError(f"{value!r} is not a number between {low:g} and {high:g}.", where=f"facts.{name}")
    return float(value)


def read_numbers(
    values: Mapping[str, Any], name: str, *, count: int, low: float = -math.inf, high: float = math.inf
) -> tuple[float, ...]:
    """A list of `count` numbers, each strictly between `low` and `high`.

    Raises:
        ArtifactError: it is none.
    """
    numbers = values[name]
    if not isinstance(numbers, list) or len(numbers) != count:
        raise ArtifactError(f"{name} are a list of {count} numbers.", where=f"facts.{name}")
    return tuple(read_number({name: number}, name, low=low, high=high) for number in numbers)


def read_point(values: Any) -> OperatingPoint:
    """What is promised about the answers.

    Raises:
        ArtifactError: a part of it is missing, unknown, of another type or out of range.
    """
    if not isinstance(values, Mapping):
        raise ArtifactError("it is a JSON object.", where="facts.operating_point")
    check_names(values, ("risk", "confidence", "threshold", "coverage", "rows", "held"))
    if not isinstance(values["held"], bool):
        raise ArtifactError("it is true or false.", where="facts.held")
    return OperatingPoint(
        risk=read_number(values, "risk", low=0.0, high=1.0),
        confidence=read_number(values, "confidence", low=0.0, high=1.0),
        threshold=read_number(values, "threshold"),
        coverage=read_number(values, "coverage", low=-1e-9, high=1 + 1e-9),
        rows=read_count(values, "rows"),
        held=values["held"],
    )
