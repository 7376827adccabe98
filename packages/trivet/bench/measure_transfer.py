"""What is carried over: from texts without labels, between tasks, between domains, between languages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivet.answers.classification import ClassificationAnswer
from trivet.artifact.artifact import Artifact
from trivet.bench.definition import TransferMeasure
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluation.baselines import majority
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_interval
from trivet.judging.multitask import predict_task
from trivet.pretrain import pretrain
from trivet.recipe import Recipe
from trivet.recipe.data import DataRecipe
from trivet.recipe.task import Multitask
from trivet.settings import Settings
from trivet.train import train

Train = Callable[[Recipe], Path]
ROUNDS = 2000


@dataclass(frozen=True)
class Carried:
    """What a measure compares: a recipe with its artifact, those beside it, and another set to judge on."""

    recipe: Recipe
    path: Path
    beside: Sequence[Recipe]
    judge: str
    settings: Settings
    train: Train
    seed: int


def measure_transfer(measure: TransferMeasure, carried: Carried) -> Measured:
    """The measurement of this name."""
    match measure:
        case "pretraining_gain":
            return measure_pretraining(carried)
        case "multitask_gain":
            return measure_multitask(carried)
        case "transfer_matrix":
            return measure_matrix(carried)
        case "other_language":
            return measure_language(carried)


def recompute_transfer(measure: TransferMeasure, kept: Mapping[str, Any]) -> float:
    """The figure again: points gained in accuracy, or accuracy on rows of another domain or language."""
    match measure:
        case "pretraining_gain" | "multitask_gain":
            return 100 * float(np.mean(_right(kept["ours"], kept["truth"]) - _right(kept["theirs"], kept["truth"])))
        case "transfer_matrix":
            shares = [np.mean(values) for values in _across(kept["cells"]).values()]
            return float(np.mean(shares))
        case "other_language":
            return float(_right(kept["predicted"], kept["truth"]).mean())


def measure_pretraining(carried: Carried) -> Measured:
    """Test rows by the recipe over the encoder trained further as the recipe beside it says, and over the plain one."""
    (further,) = carried.beside
    rows = test_rows(open_dataset(carried.recipe.data, carried.settings), carried.recipe.data)
    texts, truth = list(rows["text"]), list(rows["label"])
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        done = pretrain(further, out=Path(scratch) / "encoder", settings=carried.settings)
        encoder = carried.recipe.encoder.model_copy(update={"name": str(done.path)})
        started = carried.recipe.model_copy(update={"encoder": encoder})
        train(started, out=Path(scratch) / "model", settings=carried.settings).close()
        ours = _labels(Path(scratch) / "model", texts, carried.settings)
    theirs = _labels(carried.path, texts, carried.settings)
    return _gain(truth, ours, theirs, "plain-encoder", seed=carried.seed)


def measure_multitask(carried: Carried) -> Measured:
    """Test rows of all tasks by the one model, and by a model of each task alone, trained as the recipes beside say."""
    task = carried.recipe.task
    assert isinstance(task, Multitask)
    truth: list[str] = []
    ours: list[str] = []
    theirs: list[str] = []
    with closing(Artifact.load(carried.path, threads=carried.settings.threads)) as joint:
        for part, alone in zip(task.parts, carried.beside, strict=True):
            rows = test_rows(open_dataset(part.data, carried.settings), part.data)
            texts = list(rows["text"])
            truth += [f"{part.name}/{label}" for label in rows["label"]]
            ours += [f"{part.name}/{label}" for label in predict_task(joint, texts, part.name)]
            path = carried.train(alone)
            theirs += [f"{part.name}/{label}" for label in _labels(path, texts, carried.settings)]
    return _gain(truth, ours, theirs, "single-task", seed=carried.seed)


def measure_matrix(carried: Carried) -> Measured:
    """Every recipe's model on the test rows of every recipe's set; all sets have the same labels.

    The figure is the mean accuracy out of domain; the cells, the diagonal among them, stand as baselines `A on B`, with
    the p value of A's model against B's own.
    """
    recipes = [carried.recipe, *carried.beside]
    paths = [carried.path, *(carried.train(recipe) for recipe in carried.beside)]
    cells: dict[str, dict[str, Any]] = {}
    for judged in recipes:
        rows = test_rows(open_dataset(judged.data, carried.settings), judged.data)
        for recipe, path in zip(recipes, paths, strict=True):
            predicted = _labels(path, list(rows["text"]), carried.settings)
            right = _right(predicted, list(rows["label"]))
            interval = bootstrap_interval(right, seed=carried.seed)
            cells[f"{recipe.data.dataset} on {judged.data.dataset}"] = {
                "truth": list(rows["label"]),
                "predicted": predicted,
                "low": interval.low,
                "high": interval.high,
            }
    baselines = {}
    for name, cell in cells.items():
        at_home = cells[_home(name)]
        pair = [_right(one["predicted"], cell["truth"]) for one in (cell, at_home)]
        p = None if at_home is cell else compare_paired(pair[0], pair[1], seed=carried.seed).p
        baselines[name] = Baseline(value=float(pair[0].mean()), paired_p=p)
    drawn = np.random.default_rng(carried.seed)
    across = _across(cells)
    means = [
        np.mean([values[drawn.integers(0, len(values), len(values))].mean() for values in across.values()])
        for _ in range(ROUNDS)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return Measured({"cells": cells}, float(low), float(high), baselines)


def measure_language(carried: Carried) -> Measured:
    """Test rows of another language by a model that learnt from English alone, beside encoders that know only English.

    `own-language` is the same model on the English test rows.
    """
    judged = DataRecipe(dataset=carried.judge)
    rows = test_rows(open_dataset(judged, carried.settings), judged)
    texts, truth = list(rows["text"]), list(rows["label"])
    predicted = _labels(carried.path, texts, carried.settings)
    right = _right(predicted, truth)
    interval = bootstrap_interval(right, seed=carried.seed)
    own = test_rows(open_dataset(carried.recipe.data, carried.settings), carried.recipe.data)
    at_home = _right(_labels(carried.path, list(own["text"]), carried.settings), list(own["label"]))
    learnt = training_rows(open_dataset(carried.recipe.data, carried.settings), carried.recipe.data)
    most = majority(list(learnt["label"]), len(truth))
    baselines = {
        "own-language": Baseline(value=float(at_home.mean())),
        "majority": _beside(right, _right(most, truth), seed=carried.seed),
    }
    for other in carried.beside:
        guessed = _labels(carried.train(other), texts, carried.settings)
        baselines[other.encoder.name] = _beside(right, _right(guessed, truth), seed=carried.seed)
    return Measured({"truth": truth, "predicted": predicted}, interval.low, interval.high, baselines)


def _gain(truth: list[str], ours: list[str], theirs: list[str], name: str, *, seed: int) -> Measured:
    one, other = _right(ours, truth), _right(theirs, truth)
    found = compare_paired(one, other, seed=seed)
    baselines = {name: Baseline(value=float(other.mean()), paired_p=found.p)}
    kept = {"truth": truth, "ours": ours, "theirs": theirs}
    return Measured(kept, 100 * found.low, 100 * found.high, baselines)


def _beside(right: np.ndarray, theirs: np.ndarray, *, seed: int) -> Baseline:
    return Baseline(value=float(theirs.mean()), paired_p=compare_paired(right, theirs, seed=seed).p)


def _across(cells: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Of each set, the share of foreign models that are right about each of its rows F64[N]."""
    foreign: dict[str, list[np.ndarray]] = {}
    for name, cell in cells.items():
        if name != _home(name):
            foreign.setdefault(_home(name), []).append(_right(cell["predicted"], cell["truth"]))
    return {home: np.mean(rights, axis=0) for home, rights in foreign.items()}


def _home(cell: str) -> str:
    """The cell of the set's own model."""
    judged = cell.split(" on ")[1]
    return f"{judged} on {judged}"


def _labels(path: Path, texts: list[str], settings: Settings) -> list[str]:
    with closing(Artifact.load(path, threads=settings.threads)) as artifact:
        return [one.label for one in artifact.predict(texts, top=1) if isinstance(one, ClassificationAnswer)]


def _right(predicted: Sequence[str], truth: Sequence[str]) -> np.ndarray:
    if len(predicted) != len(truth) or not len(truth):
        raise ValueError(f"{len(predicted)} predictions for {len(truth)} rows")
    return (np.asarray(predicted, dtype=object) == np.asarray(truth, dtype=object)).astype(np.float64)
