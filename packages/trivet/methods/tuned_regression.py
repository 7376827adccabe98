"""A tuned model of a number: fitted, exported, its interval from rows held out, and fitted again where asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.data.numbers import standardise
from trivet.data.splits import split_validation
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.fit import fit_weights, hand_over, refit_recipe
from trivet.methods.fitted import Fitted
from trivet.methods.ground import Ground
from trivet.methods.value_facts import explain_variance, find_value_facts, without_answers
from trivet.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd


def build_regression(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A fit on rows of text and number, exported; the interval comes from the residuals of the validation part.

    With `training.refit` the weights that are served then learn from all rows, for as many epochs as the first fit
    kept; they keep the interval of the first.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` of R squared on the validation part.
    """
    part = split_validation(rows, recipe.data, dataset=ground.dataset)
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, part.train, part.validation, ground.below("fit"))
    ground.progress.stage("export")
    graph = _export(recipe, fitted, part.train, ground)
    ground.progress.stage("promises")
    texts, numbers = list(part.validation["text"]), part.validation["number"].to_numpy(dtype=np.float64)
    learnt = part.train["number"].to_numpy(dtype=np.float64)
    scores = run_graph(graph, ground.tokenizer, texts, recipe.export.precision, ground.settings)["logits"]
    facts = find_value_facts(
        scores,
        numbers,
        standard=standardise(learnt),
        learnt=learnt,
        max_tokens=recipe.task.max_tokens,
        trust=recipe.trust,
    )
    cost = None
    if recipe.export.precision == "int8":
        cost = without_answers(
            judge_int8(
                graph,
                ground.tokenizer.encode(texts),
                recipe.export,
                quality=lambda outputs: explain_variance(outputs["logits"], numbers, facts),
                metric="R squared",
                threads=ground.settings.threads,
            )
        )
    notes: dict[str, Any] = {
        "validation_r_squared": explain_variance(scores, numbers, facts),
        "refit": recipe.training.refit,
    }
    if recipe.training.refit:
        ground.progress.stage("refit")
        fitted = fit_weights(refit_recipe(recipe, fitted), rows, None, ground.below("refit"))
        ground.progress.stage("export")
        graph = _export(recipe, fitted, rows, ground)
        # The new weights are standardised by all rows.
        everything = rows["number"].to_numpy(dtype=np.float64)
        mean, scale = standardise(everything)
        low, high = float(everything.min()), float(everything.max())
        facts = replace(facts, mean=mean, scale=scale, low=low, high=high)
    return hand_over(fitted, graph, facts, ground, held_out=len(texts), int8=cost, notes=notes)


def _export(recipe: Recipe, fitted: Fitted, rows: pd.DataFrame, ground: Ground) -> Path:
    texts = list(rows["text"].sample(min(len(rows), recipe.export.calibration_rows), random_state=recipe.data.seed))
    folder = ground.workspace / "graphs"
    outputs = ("embedding", "logits")
    return export_graph(fitted.module, ground.tokenizer, texts, recipe.export, folder, outputs=outputs)
