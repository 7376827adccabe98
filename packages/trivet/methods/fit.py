"""Fits the weights as the recipe's method says, and hands them over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from trivet.answers.facts import Facts
from trivet.artifact.card import Int8Entry
from trivet.backbone.trained import save_weights
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.fitted import Fitted
from trivet.methods.full import fit_full
from trivet.methods.ground import Ground
from trivet.methods.lora import fit_lora
from trivet.recipe import Recipe
from trivet.recipe.method import FewShotMethod, FullMethod, HeadMethod, LoraMethod, ZeroShotMethod
from trivet.trust.yardstick import Yardstick

if TYPE_CHECKING:
    import pandas as pd


def fit_weights(recipe: Recipe, rows: pd.DataFrame, validation: pd.DataFrame | None, ground: Ground) -> Fitted:
    """A trained module by the method of the recipe, adapters merged; see `fit_full` and `fit_lora`."""
    match recipe.method:
        case FullMethod():
            fit = fit_full
        case LoraMethod():
            fit = fit_lora
        case HeadMethod() | FewShotMethod() | ZeroShotMethod():
            raise AssertionError("these methods have a road of their own")
        case _:
            assert_never(recipe.method)
    return fit(
        recipe,
        rows,
        validation,
        settings=ground.settings,
        workspace=ground.workspace,
        progress=ground.progress,
        resume=ground.resume,
    )


def refit_recipe(recipe: Recipe, fitted: Fitted) -> Recipe:
    """The recipe for all rows after the choices were made: as many epochs as the first fit kept, no early stop."""
    kept = recipe.training.model_copy(update={"epochs": fitted.epochs, "patience": 0})
    return recipe.model_copy(update={"training": kept})


def hand_over(
    fitted: Fitted,
    graph: Path,
    facts: Facts,
    ground: Ground,
    *,
    prototypes: Prototypes | None = None,
    held_out: int = 0,
    int8: Int8Entry | None = None,
    notes: dict[str, Any] | None = None,
    yardstick: Yardstick | None = None,
) -> Candidate:
    """The candidate of a fit, its weights saved in the workspace, its history among the notes."""
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=facts,
        head=None,
        prototypes=prototypes,
        weights=save_weights(fitted.module, ground.workspace / "weights"),
        held_out=held_out,
        int8=int8,
        notes={**(notes or {}), "trainable_share": fitted.trainable_share, **fitted.history.to_json()},
        yardstick=yardstick,
    )
