"""One tuned encoder under several heads: fitted on all tasks, each calibrated on rows held out of its own set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.answers.multitask import MultitaskFacts, join_label, logits_of
from trivet.artifact.card import Int8Entry
from trivet.data.parts import part_of
from trivet.data.splits import TrainingRows, split_validation
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.fit import fit_weights, hand_over, refit_recipe
from trivet.methods.fitted import Fitted
from trivet.methods.ground import Ground
from trivet.methods.promises import HeldOut, promise
from trivet.recipe import Recipe
from trivet.recipe.task import Multitask
from trivet.runtime.engine import Floats
from trivet.trust.novelty import novelty

if TYPE_CHECKING:
    import pandas as pd

    from trivet.answers.classification import ClassificationFacts


def build_multitask(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A fit on rows of text, label and task, exported and calibrated task by task.

    Choices and promises rest on the validation part of each task; with `training.refit` the weights that are served
    then learn from all rows.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` of the mean accuracy on the validation parts.
    """
    assert isinstance(recipe.task, Multitask)
    part = _split(recipe.task, rows, ground)
    labels = {one.name: _labels(part.train, one.name) for one in recipe.task.parts}
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, part.train, part.validation, ground.below("fit"))
    ground.progress.stage("export")
    graph = _export(recipe, fitted, part.train, labels, ground)
    ground.progress.stage("promises")
    prototypes = _prototypes(recipe, graph, part.train, labels, ground)
    facts, accuracies = _promise(recipe, graph, part.validation, labels, prototypes, ground)
    cost = _judge_int8(recipe, graph, part.validation, labels, ground)
    notes: dict[str, Any] = {"validation_accuracy": accuracies, "refit": recipe.training.refit}
    if recipe.training.refit:
        ground.progress.stage("refit")
        fitted = fit_weights(refit_recipe(recipe, fitted), rows, None, ground.below("refit"))
        ground.progress.stage("export")
        graph = _export(recipe, fitted, rows, labels, ground)
        prototypes = _prototypes(recipe, graph, rows, labels, ground)
    return hand_over(
        fitted, graph, facts, ground, prototypes=prototypes, held_out=len(part.validation), int8=cost, notes=notes
    )


def _split(task: Multitask, rows: pd.DataFrame, ground: Ground) -> TrainingRows:
    """The validation part of each set by its own recipe."""
    import pandas as pd

    train, validation = [], []
    for part in task.parts:
        own = rows[rows["task"] == part.name].reset_index(drop=True)
        cut = split_validation(own, part.data, dataset=part_of(ground.dataset, part.name))
        train.append(cut.train.assign(task=part.name))
        validation.append(cut.validation.assign(task=part.name))
    return TrainingRows(pd.concat(train, ignore_index=True), pd.concat(validation, ignore_index=True))


def _export(
    recipe: Recipe, fitted: Fitted, rows: pd.DataFrame, labels: Mapping[str, tuple[str, ...]], ground: Ground
) -> Path:
    texts = list(rows["text"].sample(min(len(rows), recipe.export.calibration_rows), random_state=recipe.data.seed))
    outputs = ("embedding", *(logits_of(name) for name in labels))
    return export_graph(
        fitted.module, ground.tokenizer, texts, recipe.export, ground.workspace / "graphs", outputs=outputs
    )


def _prototypes(
    recipe: Recipe, graph: Path, rows: pd.DataFrame, labels: Mapping[str, tuple[str, ...]], ground: Ground
) -> Prototypes:
    """The mean of every label of every task, over the rows of that task alone."""
    names = tuple(join_label(task, label) for task, known in sorted(labels.items()) for label in known)
    places = {name: at for at, name in enumerate(names)}
    truth = [places[join_label(task, label)] for task, label in zip(rows["task"], rows["label"], strict=True)]
    return Prototypes.fit(_run(recipe, graph, rows, ground)["embedding"], np.asarray(truth), names)


def _promise(
    recipe: Recipe,
    graph: Path,
    rows: pd.DataFrame,
    labels: Mapping[str, tuple[str, ...]],
    prototypes: Prototypes,
    ground: Ground,
) -> tuple[MultitaskFacts, dict[str, float]]:
    """Facts task by task, and the accuracy on the rows that they rest on, by the graph in the precision that serves."""
    served = _run(recipe, graph, rows, ground)
    known: dict[str, ClassificationFacts] = {}
    accuracies = {}
    for name, own in _rows_by_task(rows, labels).items():
        means = prototypes.means[[label.startswith(f"{name}/") for label in prototypes.labels]]
        truth = _truth(rows.iloc[own], labels[name])
        scores = served[logits_of(name)][own].astype(np.float64)
        held_out = HeldOut(scores, novelty(served["embedding"][own], means), truth)
        known[name] = promise(held_out, labels=labels[name], max_tokens=recipe.task.max_tokens, trust=recipe.trust)
        accuracies[name] = float((scores.argmax(axis=1) == truth).mean())
    return MultitaskFacts(known, recipe.task.max_tokens), accuracies


def _judge_int8(
    recipe: Recipe, graph: Path, rows: pd.DataFrame, labels: Mapping[str, tuple[str, ...]], ground: Ground
) -> Int8Entry | None:
    if recipe.export.precision != "int8":
        return None
    by_task = _rows_by_task(rows, labels)
    truth = {name: _truth(rows.iloc[own], labels[name]) for name, own in by_task.items()}

    def quality(outputs: Mapping[str, Floats]) -> float:
        right = [(outputs[logits_of(name)][own].argmax(axis=1) == truth[name]) for name, own in by_task.items()]
        return float(np.mean([one.mean() for one in right]))

    def score(outputs: Mapping[str, Floats]) -> Floats:
        """Scores F32[N, T, C] of all tasks, so that an answer differs where that of any task does."""
        widest = max(len(known) for known in labels.values())
        parts = [outputs[logits_of(name)] for name in labels]
        padded = [np.pad(one, ((0, 0), (0, widest - one.shape[1])), constant_values=-np.inf) for one in parts]
        return np.stack(padded, axis=1)

    return judge_int8(
        graph,
        ground.tokenizer.encode(list(rows["text"])),
        recipe.export,
        score=score,
        quality=quality,
        metric="mean accuracy",
        threads=ground.settings.threads,
    )


def _rows_by_task(rows: pd.DataFrame, labels: Mapping[str, tuple[str, ...]]) -> dict[str, np.ndarray]:
    return {name: np.flatnonzero((rows["task"] == name).to_numpy()) for name in labels}


def _labels(rows: pd.DataFrame, task: str) -> tuple[str, ...]:
    return tuple(sorted(str(label) for label in rows["label"][rows["task"] == task].unique()))


def _truth(rows: pd.DataFrame, labels: tuple[str, ...]) -> np.ndarray:
    place = {label: index for index, label in enumerate(labels)}
    return np.asarray([place[label] for label in rows["label"]], dtype=np.int64)


def _run(recipe: Recipe, graph: Path, rows: pd.DataFrame, ground: Ground) -> dict[str, Any]:
    return run_graph(graph, ground.tokenizer, list(rows["text"]), recipe.export.precision, ground.settings)
