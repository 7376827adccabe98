"""Facts as JSON: what `facts.json` of an artifact holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from trivet.answers.classification import ClassificationFacts
from trivet.answers.multilabel import MultilabelFacts
from trivet.answers.multitask import MultitaskFacts
from trivet.answers.next_item import NextItemFacts
from trivet.answers.regression import RegressionFacts
from trivet.answers.similarity import SimilarityFacts
from trivet.answers.tagging import TaggingFacts
from trivet.errors import ArtifactError

Facts = (
    ClassificationFacts
    | NextItemFacts
    | SimilarityFacts
    | TaggingFacts
    | MultilabelFacts
    | RegressionFacts
    | MultitaskFacts
)


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Plain values that `facts_from_json` reads back to equal facts."""
    plain: dict[str, Any] = _plain(asdict(facts))
    return plain


def _plain(value: Any) -> Any:
    """Lists in the place of tuples, at any depth, as JSON gives them back."""
    if isinstance(value, Mapping):
        return {name: _plain(below) for name, below in value.items()}
    return [_plain(below) for below in value] if isinstance(value, tuple | list) else value


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
        case "next_item":
            return NextItemFacts.from_json(values)
        case "tagging":
            return TaggingFacts.from_json(values)
        case "multitask":
            return MultitaskFacts.from_json(values)
        case "multilabel":
            return MultilabelFacts.from_json(values)
        case "regression":
            return RegressionFacts.from_json(values)
        case _:
            raise ArtifactError(f"there are no facts of kind {kind!r}.", where="facts.kind")
