"""The head of a task over the frozen encoder; one file a task beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trivet.methods.candidate import Candidate
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.task import Classification, Multilabel, Regression, Similarity

if TYPE_CHECKING:
    import pandas as pd


def build_task_head(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A head for the recipe's task, fitted on all rows; its promises rest on scores of rows held out of a fit."""
    # Each kind imports its own below: a recorded figure then rests on no other kind.
    match recipe.task:
        case Classification():
            from trivet.methods.head import build_head

            return build_head(recipe, rows, ground)
        case Multilabel():
            from trivet.methods.head_multilabel import build_multilabel_head

            return build_multilabel_head(recipe, rows, ground)
        case Regression():
            from trivet.methods.head_regression import build_regression_head

            return build_regression_head(recipe, rows, ground)
        case Similarity():
            from trivet.methods.head_similarity import build_similarity_head

            return build_similarity_head(recipe, rows, ground)
        case _:
            raise AssertionError(f"no recipe puts a head over {recipe.task.kind}")
