"""Facts as JSON: what `facts.json` of an artifact holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from trivet.answers.classification import ClassificationFacts
from trivet.answers.similarity import SimilarityFacts
from trivet.errors import ArtifactError
from trivet.trust.risk import OperatingPoint

Facts = ClassificationFacts | SimilarityFacts


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Plain values that `facts_from_json` reads back to equal facts."""
    values = asdict(facts)
    if "labels" in values:
        values["labels"] = list(values["labels"])
    return values


def facts_from_json(values: Mapping[str, Any]) -> Facts:
    """The facts.

    Raises:
        ArtifactError: an unknown kind, a fact that is missing, of another type or out of range, or one too many.
    """
    if not isinstance(values, Mapping):
        raise ArtifactError("facts are a JSON object.", where="facts")
    kind = values.get("kind")
    match kind:
        case "classification":
            _check_names(
                values, {"kind", "labels", "max_tokens"}, {"temperature", "operating_point", "novelty_threshold"}
            )
            threshold, point = values.get("novelty_threshold"), values.get("operating_point")
            return ClassificationFacts(
                labels=_read_labels(values["labels"]),
                max_tokens=_read_count(values, "max_tokens"),
                temperature=_read_number(values, "temperature", low=0.0) if "temperature" in values else 1.0,
                operating_point=None if point is None else _read_point(point),
                novelty_threshold=None if threshold is None else _read_number(values, "novelty_threshold"),
            )
        case "similarity":
            _check_names(values, {"kind", "dim", "max_tokens"}, set())
            return SimilarityFacts(dim=_read_count(values, "dim"), max_tokens=_read_count(values, "max_tokens"))
        case _:
            raise ArtifactError(f"there are no facts of kind {kind!r}.", where="facts.kind")


def _check_names(values: Mapping[str, Any], wanted: set[str], optional: set[str]) -> None:
    missing, unknown = sorted(wanted - values.keys()), sorted(values.keys() - wanted - optional)
    if missing:
        raise ArtifactError("it is missing.", where=f"facts.{missing[0]}")
    if unknown:
        raise ArtifactError("there is no such fact.", where=f"facts.{unknown[0]}")


def _read_labels(labels: Any) -> tuple[str, ...]:
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) and label for label in labels):
        raise ArtifactError("labels are a list of names, at least one.", where="facts.labels")
    if len(set(labels)) < len(labels):
        raise ArtifactError("a label stands twice.", where="facts.labels")
    return tuple(labels)


def _read_count(values: Mapping[str, Any], name: str) -> int:
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArtifactError(f"{value!r} is not a count above 0.", where=f"facts.{name}")
    return value


def _read_number(values: Mapping[str, Any], name: str, *, low: float = -math.inf, high: float = math.inf) -> float:
    """A number strictly between `low` and `high`."""
    value = values[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        raise ArtifactError(f"{value!r} is not a number between {low:g} and {high:g}.", where=f"facts.{name}")
    return float(value)


def _read_point(values: Any) -> OperatingPoint:
    names = {"risk", "confidence", "threshold", "coverage", "rows", "held"}
    if not isinstance(values, Mapping):
        raise ArtifactError("it is a JSON object.", where="facts.operating_point")
    _check_names(values, names, set())
    if not isinstance(values["held"], bool):
        raise ArtifactError("it is true or false.", where="facts.held")
    return OperatingPoint(
        risk=_read_number(values, "risk", low=0.0, high=1.0),
        confidence=_read_number(values, "confidence", low=0.0, high=1.0),
        threshold=_read_number(values, "threshold"),
        coverage=_read_number(values, "coverage", low=-1e-9, high=1 + 1e-9),
        rows=_read_count(values, "rows"),
        held=values["held"],
    )
