"""What the column of labels holds, by the recipe and by the kind of set."""

from __future__ import annotations

from collections.abc import Mapping

from trivet.data.dataset import Kind
from trivet.errors import DataError
from trivet.recipe.data import TARGETS, DataRecipe, Target

HELD: Mapping[Target, str] = {"label": "one label", "labels": "any number of labels", "number": "a number"}
KINDS: Mapping[Target, Kind] = {"label": "classification", "labels": "multilabel", "number": "regression"}


def kind_of_texts(recipe: DataRecipe) -> Kind:
    """The kind of a set of texts at a path, as the recipe has it; one label where it says nothing."""
    return KINDS.get(recipe.target, "classification")


def with_target(recipe: DataRecipe, kind: Kind, *, name: str) -> DataRecipe:
    """The recipe with the target of a named set of this kind.

    Raises:
        DataError: the recipe wants another one.
    """
    target = TARGETS.get(kind)
    if target is None:
        return recipe
    if recipe.target not in ("", target):
        raise DataError(
            f"its texts have {HELD[target]}, not {HELD[recipe.target]}.",
            where=name,
            todo=f"Set task.kind = {KINDS[target]!r}, or take another set.",
        )
    return recipe.model_copy(update={"target": target})
