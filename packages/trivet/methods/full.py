"""Fine-tuning of all weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trivet.methods.fitted import Fitted
from trivet.methods.progress import Progress
from trivet.methods.tune import tune
from trivet.recipe.method import FullMethod
from trivet.recipe.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


def fit_full(
    recipe: Recipe,
    train: pd.DataFrame,
    validation: pd.DataFrame | None,
    *,
    settings: Settings,
    workspace: Path,
    progress: Progress | None = None,
    resume: bool = False,
) -> Fitted:
    """Tunes every weight of the encoder and its head; columns text and label, or anchor and positive for similarity.

    The head starts from a logistic regression over the frozen encoder. Stops early only with `training.patience` and
    validation rows. With `training.checkpoint_steps` a run that was cut off goes on (`resume`), to the same bits.

    Raises:
        DataError, EncoderError: rows or encoder cannot be used.
        TrivetError: the loss is no longer a number, or the checkpoint in the workspace is of another run.
    """
    assert isinstance(recipe.method, FullMethod)
    return tune(recipe, train, validation, settings=settings, workspace=workspace, progress=progress, resume=resume)
