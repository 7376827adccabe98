"""A tuned model of label sets: fitted, exported, calibrated on rows held out, and fitted again where asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.answers.multilabel import MultilabelFacts
from trivet.artifact.card import Int8Entry
from trivet.data.label_sets import hot_labels
from trivet.data.splits import split_validation
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.fit import fit_weights, hand_over, refit_recipe
from trivet.methods.fitted import Fitted
from trivet.methods.ground import Ground
from trivet.methods.label_facts import find_label_facts, mark_given, score_sets
from trivet.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd


def build_multilabel(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A fit on rows of text and labels, exported; sigmoids and thresholds come from the validation part.

    With `training.refit` the weights that are served then learn from all rows, for as many epochs as the first fit
    kept.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` of micro F1 on the validation part.
    """
    part = split_validation(rows, recipe.data, dataset=ground.dataset)
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, part.train, part.validation, ground.below("fit"))
    ground.progress.stage("export")
    graph = _export(recipe, fitted, part.train, ground)
    ground.progress.stage("promises")
    texts, truth = list(part.validation["text"]), hot_labels(list(part.validation["labels"]), fitted.labels)
    scores = run_graph(graph, ground.tokenizer, texts, recipe.export.precision, ground.settings)["logits"]
    facts = find_label_facts(scores.astype(np.float64), truth, labels=fitted.labels, max_tokens=recipe.task.max_tokens)
    cost = _judge_int8(recipe, graph, texts, truth, facts, ground)
    notes: dict[str, Any] = {"validation_micro_f1": score_sets(scores, truth, facts), "refit": recipe.training.refit}
    if recipe.training.refit:
        ground.progress.stage("refit")
        fitted = fit_weights(refit_recipe(recipe, fitted), rows, None, ground.below("refit"))
        ground.progress.stage("export")
        graph = _export(recipe, fitted, rows, ground)
    return hand_over(fitted, graph, facts, ground, held_out=len(texts), int8=cost, notes=notes)


def _export(recipe: Recipe, fitted: Fitted, rows: pd.DataFrame, ground: Ground) -> Path:
    texts = list(rows["text"].sample(min(len(rows), recipe.export.calibration_rows), random_state=recipe.data.seed))
    folder = ground.workspace / "graphs"
    outputs = ("embedding", "logits")
    return export_graph(fitted.module, ground.tokenizer, texts, recipe.export, folder, outputs=outputs)


def _judge_int8(
    recipe: Recipe, graph: Path, texts: list[str], truth: np.ndarray, facts: MultilabelFacts, ground: Ground
) -> Int8Entry | None:
    if recipe.export.precision != "int8":
        return None
    return judge_int8(
        graph,
        ground.tokenizer.encode(texts),
        recipe.export,
        score=lambda outputs: mark_given(outputs["logits"], facts),
        quality=lambda outputs: score_sets(outputs["logits"], truth, facts),
        metric="micro F1",
        threads=ground.settings.threads,
    )
