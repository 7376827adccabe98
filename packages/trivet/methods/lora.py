"""Fine-tuning of low-rank adapters, merged into the encoder at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trivet.backbone.adapters import merge_lora
from trivet.backbone.trained import encoder_of
from trivet.methods.fitted import Fitted
from trivet.methods.progress import Progress
from trivet.methods.tune import tune
from trivet.recipe.method import LoraMethod
from trivet.recipe.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


def fit_lora(
    recipe: Recipe,
    train: pd.DataFrame,
    validation: pd.DataFrame | None,
    *,
    settings: Settings,
    workspace: Path,
    progress: Progress | None = None,
    resume: bool = False,
) -> Fitted:
    """As `fit_full`, but only adapters and the head learn; the module returned is merged, a plain encoder again.

    Raises:
        RecipeError: `method.targets` names a layer that the encoder does not have.
        DataError, EncoderError, TrivetError: as `fit_full`.
    """
    assert isinstance(recipe.method, LoraMethod)
    fitted = tune(recipe, train, validation, settings=settings, workspace=workspace, progress=progress, resume=resume)
    merge_lora(encoder_of(fitted.module))
    return fitted
