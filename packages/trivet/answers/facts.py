"""Facts as JSON: what `facts.json` of an artifact holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from trivet.answers.classification import ClassificationFacts
from trivet.answers.similarity import SimilarityFacts
from trivet.errors import ArtifactError

Facts = ClassificationFacts | SimilarityFacts


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Plain values that `facts_from_json` reads back to equal facts."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(facts).items()}


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
            return ClassificationFacts.from_json(values)
        case "similarity":
            return SimilarityFacts.from_json(values)
        case _:
            raise ArtifactError(f"there are no facts of kind {kind!r}.", where="facts.kind")
