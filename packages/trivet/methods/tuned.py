"""A tuned encoder: fitted, exported, calibrated on rows held out; one file a task beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from trivet.errors import RecipeError
from trivet.methods.candidate import Candidate
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.task import (
    Classification,
    Multilabel,
    Multitask,
    NextItem,
    Pretraining,
    Regression,
    Similarity,
    Tagging,
)

if TYPE_CHECKING:
    import pandas as pd


def build_tuned(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A full or LoRA fit of the recipe's task, exported and calibrated.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` on the validation part.
        RecipeError: the recipe pre-trains an encoder, which is no model yet.
    """
    # Each kind imports its own below: a recorded figure then rests on no other kind.
    match recipe.task:
        case Classification():
            from trivet.methods.tuned_classifier import build_classifier

            return build_classifier(recipe, rows, ground)
        case Multilabel():
            from trivet.methods.tuned_multilabel import build_multilabel

            return build_multilabel(recipe, rows, ground)
        case Regression():
            from trivet.methods.tuned_regression import build_regression

            return build_regression(recipe, rows, ground)
        case Similarity():
            from trivet.methods.tuned_similarity import build_similarity

            return build_similarity(recipe, rows, ground)
        case Multitask():
            from trivet.methods.tuned_multitask import build_multitask

            return build_multitask(recipe, rows, ground)
        case NextItem():
            from trivet.methods.tuned_next_item import build_next_item

            return build_next_item(recipe, rows, ground)
        case Pretraining():
            raise RecipeError(
                "pre-training gives an encoder, which answers nothing yet.",
                where="task.kind",
                todo="Run `trivet train RECIPE --out DIR`, then start another recipe from it with encoder.name = DIR.",
            )
        case Tagging():
            from trivet.methods.tuned_tagger import build_tagger

            return build_tagger(recipe, rows, ground)
        case _:
            assert_never(recipe.task)
