"""Sets of labels that a model gives to the test texts, and numbers that one tells, kept to be counted again."""

from __future__ import annotations

from typing import Any

import numpy as np

from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts
from trivet.answers.regression import RegressionAnswer, RegressionFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.frames import check_label_sets
from trivet.data.label_sets import hot_labels
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_interval
from trivet.evaluation.metrics.label_sets import count_hits, micro_f1
from trivet.evaluation.metrics.numbers import squared_errors
from trivet.evaluation.resample import compare_rounds, middle, resample_sums
from trivet.judging.label_sets import baseline_sets
from trivet.judging.numbers import baseline_numbers
from trivet.recipe import Recipe
from trivet.settings import Settings


def measure_label_sets(artifact: Artifact, recipe: Recipe, settings: Settings, *, seed: int) -> Measured:
    """True and given labels of every test text, as indices; micro F1, its interval and paired tests resample texts."""
    assert isinstance(artifact.facts, MultilabelFacts)
    labels, dataset = artifact.facts.labels, open_dataset(recipe.data, settings)
    rows = test_rows(dataset, recipe.data)
    check_label_sets(labels, rows)
    truth = hot_labels(list(rows["labels"]), labels)
    answers = [one for one in artifact.predict(list(rows["text"])) if isinstance(one, MultilabelAnswer)]
    given = hot_labels([[label for label, _ in one.labels] for one in answers], labels)
    ours = count_hits(truth, given)
    drawn = micro_f1(resample_sums(ours, seed=seed))
    baselines = {}
    for name, sets in baseline_sets(recipe, training_rows(dataset, recipe.data), rows, settings=settings).items():
        theirs = count_hits(truth, hot_labels(sets, labels))
        value = float(micro_f1(theirs.sum(axis=0)))
        difference = float(micro_f1(ours.sum(axis=0))) - value
        test = compare_rounds(drawn, micro_f1(resample_sums(theirs, seed=seed)), difference=difference)
        baselines[name] = Baseline(value=value, paired_p=test.p)
    ends = middle(drawn)
    kept = {"labels": list(labels), "truth": _indices(truth), "predicted": _indices(given)}
    return Measured(kept, ends.low, ends.high, baselines)


def measure_mse(artifact: Artifact, recipe: Recipe, settings: Settings, *, seed: int) -> Measured:
    """True and predicted number of every test text; the interval and the paired tests resample texts."""
    assert isinstance(artifact.facts, RegressionFacts)
    dataset = open_dataset(recipe.data, settings)
    rows = test_rows(dataset, recipe.data)
    truth = rows["number"].to_numpy(dtype=np.float64)
    answers = [one for one in artifact.predict(list(rows["text"])) if isinstance(one, RegressionAnswer)]
    predicted = [one.value for one in answers]
    ours = squared_errors(truth, predicted)
    baselines = {}
    for name, numbers in baseline_numbers(recipe, training_rows(dataset, recipe.data), rows, settings=settings).items():
        theirs = squared_errors(truth, numbers)
        baselines[name] = Baseline(value=float(theirs.mean()), paired_p=compare_paired(-ours, -theirs, seed=seed).p)
    ends = bootstrap_interval(ours, seed=seed)
    return Measured({"truth": truth.tolist(), "predicted": predicted}, ends.low, ends.high, baselines)


def recompute_micro_f1(kept: dict[str, Any]) -> float:
    """Micro F1 of the label sets that were kept.

    Raises:
        ValueError: there are no texts, or not as many answers as texts.
    """
    labels = len(kept["labels"])
    truth, given = (_hot(kept[name], labels) for name in ("truth", "predicted"))
    if truth.shape != given.shape or not len(truth):
        raise ValueError(f"{len(given)} answers for {len(truth)} texts")
    return float(micro_f1(count_hits(truth, given).sum(axis=0)))


def recompute_mse(kept: dict[str, Any]) -> float:
    """The mean squared error of the numbers that were kept.

    Raises:
        ValueError: there are no texts, or not as many numbers as texts.
    """
    truth, predicted = np.asarray(kept["truth"], dtype=np.float64), np.asarray(kept["predicted"], dtype=np.float64)
    if truth.shape != predicted.shape or not len(truth):
        raise ValueError(f"{len(predicted)} numbers for {len(truth)} texts")
    return float(((truth - predicted) ** 2).mean())


def _indices(hot: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in hot]


def _hot(sets: list[list[int]], labels: int) -> np.ndarray:
    hot = np.zeros((len(sets), labels), dtype=bool)
    for row, indices in enumerate(sets):
        hot[row, indices] = True
    return hot
