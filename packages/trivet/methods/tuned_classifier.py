"""A tuned classifier: fitted, exported, calibrated on rows held out, and fitted again on all rows where asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.artifact.card import Int8Entry
from trivet.data.splits import TrainingRows, split_validation
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.fit import fit_weights, hand_over, refit_recipe
from trivet.methods.fitted import Fitted
from trivet.methods.foreign import learn_again, learn_foreign
from trivet.methods.ground import Ground
from trivet.methods.promises import HeldOut, promise
from trivet.recipe import Recipe
from trivet.trust.learn_novelty import Sample
from trivet.trust.novelty import novelty

if TYPE_CHECKING:
    import pandas as pd

INT8_ROWS = 512


def build_classifier(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A fit on rows of text and label, exported and calibrated.

    Choices and promises rest on the validation part; with `training.refit` the weights that are served then learn
    from all rows, for as many epochs as the first fit kept.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` on the validation part.
    """
    part = split_validation(rows, recipe.data, dataset=ground.dataset)
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, part.train, part.validation, ground.below("fit"))
    ground.progress.stage("export")
    graph = _export(recipe, fitted, part.train, ground)
    ground.progress.stage("promises")
    learnt, judged = (_sample(recipe, graph, side, fitted.labels, ground) for side in (part.train, part.validation))
    prototypes = _prototypes(learnt, fitted.labels)
    held_out = _hold_out(judged, prototypes)
    foreign = learn_foreign(recipe, ground.dataset, learnt, judged, held_out, partial(_run, recipe, graph, ground))
    yardstick = foreign.yardstick
    facts = promise(foreign.held_out, labels=fitted.labels, max_tokens=recipe.task.max_tokens, trust=recipe.trust)
    cost = _judge_int8(recipe, graph, part, fitted.labels, ground)
    accuracy = float((held_out.scores.argmax(axis=1) == held_out.truth).mean())
    notes: dict[str, Any] = {"validation_accuracy": accuracy, "refit": recipe.training.refit}
    if recipe.training.refit:
        ground.progress.stage("refit")
        fitted = fit_weights(refit_recipe(recipe, fitted), rows, None, ground.below("refit"))
        ground.progress.stage("export")
        graph = _export(recipe, fitted, rows, ground)
        learnt = _sample(recipe, graph, rows, fitted.labels, ground)
        prototypes = _prototypes(learnt, fitted.labels)
        yardstick = learn_again(yardstick, recipe, ground.dataset, learnt, partial(_run, recipe, graph, ground))
    return hand_over(
        fitted,
        graph,
        facts,
        ground,
        prototypes=prototypes,
        held_out=len(part.validation),
        int8=cost,
        notes=notes,
        yardstick=yardstick,
    )


def _export(recipe: Recipe, fitted: Fitted, rows: pd.DataFrame, ground: Ground) -> Path:
    texts = list(rows["text"].sample(min(len(rows), recipe.export.calibration_rows), random_state=recipe.data.seed))
    return export_graph(
        fitted.module,
        ground.tokenizer,
        texts,
        recipe.export,
        ground.workspace / "graphs",
        outputs=("embedding", "logits"),
    )


def _prototypes(learnt: Sample, labels: tuple[str, ...]) -> Prototypes:
    assert learnt.truth is not None, "rows learnt from have labels"
    return Prototypes.fit(learnt.embeddings, learnt.truth, labels)


def _hold_out(judged: Sample, prototypes: Prototypes) -> HeldOut:
    """Scores and novelties of rows held out, by the graph in the precision that will serve."""
    assert judged.truth is not None, "rows held out have labels"
    return HeldOut(judged.scores, novelty(judged.embeddings, prototypes.means), judged.truth)


def _judge_int8(
    recipe: Recipe, graph: Path, part: TrainingRows, labels: tuple[str, ...], ground: Ground
) -> Int8Entry | None:
    if recipe.export.precision != "int8":
        return None
    compared = _rows_to_compare(part, seed=recipe.data.seed)
    return judge_int8(
        graph,
        ground.tokenizer.encode(list(compared["text"])),
        recipe.export,
        truth=_truth(compared, labels),
        threads=ground.settings.threads,
    )


def _rows_to_compare(part: TrainingRows, *, seed: int) -> pd.DataFrame:
    """The rows held out, and training rows where these are few: a share of few rows is too coarse to refuse int8 by."""
    import pandas as pd

    lacking = max(0, INT8_ROWS - len(part.validation))
    return pd.concat([part.validation, part.train.sample(min(lacking, len(part.train)), random_state=seed)])


def _sample(recipe: Recipe, graph: Path, rows: pd.DataFrame, labels: tuple[str, ...], ground: Ground) -> Sample:
    return replace(_run(recipe, graph, ground, list(rows["text"])), truth=_truth(rows, labels))


def _run(recipe: Recipe, graph: Path, ground: Ground, texts: Sequence[str]) -> Sample:
    outputs = run_graph(graph, ground.tokenizer, texts, recipe.export.precision, ground.settings)
    return Sample(outputs["logits"].astype(np.float64), outputs["embedding"])


def _truth(rows: pd.DataFrame, labels: tuple[str, ...]) -> np.ndarray:
    place = {label: index for index, label in enumerate(labels)}
    return np.asarray([place[label] for label in rows["label"]])
