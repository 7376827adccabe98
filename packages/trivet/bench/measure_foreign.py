"""How foreign texts are told, beside simpler ways; and how answers to test rows are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

import numpy as np

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.definition import ForeignMeasure
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.dataset import Dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluation.baselines import tfidf_confidences
from trivet.evaluation.intervals import wilson
from trivet.evaluation.metrics.novelty import auroc, auroc_interval, recall_at, recall_interval
from trivet.evaluation.predictions import index_labels
from trivet.heads.prototypes import Prototypes
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe
from trivet.settings import Settings
from trivet.trust.novelty import novelty

REFUSED = 0.05
# A refusal counts as wrong: the accuracy in scope that the threshold may not fall below on validation.
LEAST_ACCURACY = 0.962


def judge_rows(artifact: Artifact, dataset: Dataset, recipe: Recipe) -> dict[str, list[Any]]:
    """Confidence, novelty, decision and right or wrong of every test row, as served."""
    rows = test_rows(dataset, recipe.data)
    return tell_answers(artifact.classify(list(rows["text"]), top=1), list(rows["label"]), artifact)


def tell_answers(
    answers: Sequence[ClassificationAnswer], truth: Sequence[str], artifact: Artifact
) -> dict[str, list[Any]]:
    """Confidence, novelty, decision and right or wrong of answers to rows with these labels."""
    facts = artifact.facts
    assert isinstance(facts, ClassificationFacts)
    expected = index_labels(truth, facts.labels)
    predicted = index_labels([answer.label for answer in answers], facts.labels)
    return {
        "confidence": [answer.confidence for answer in answers],
        "novelty": [answer.novelty for answer in answers],
        "answered": [answer.decision == "answer" for answer in answers],
        "refused": [answer.decision == "out_of_scope" for answer in answers],
        "right": (expected == predicted).tolist(),
    }


def measure_foreign(
    what: ForeignMeasure, artifact: Artifact, dataset: Dataset, recipe: Recipe, settings: Settings, *, seed: int
) -> Measured:
    """Novelty of test rows and of foreign texts, as served; `oos_auroc_far`: of those from other domains."""
    table = "out_of_scope_far_test" if what == "oos_auroc_far" else "out_of_scope_test"
    known, foreign = list(test_rows(dataset, recipe.data)["text"]), list(dataset.frame(table)["text"])
    answers = artifact.classify([*known, *foreign], top=1)
    kept = _apart([answer.novelty for answer in answers], len(known))
    if what == "oos_recall_5":
        ends = recall_interval(kept["known"], kept["foreign"], refused=REFUSED, seed=seed)
    else:
        ends = auroc_interval(kept["known"], kept["foreign"], seed=seed)
    simpler = {
        "max probability": [-answer.confidence for answer in answers],
        "tfidf-logistic": _words(dataset, recipe, [*known, *foreign]),
        "frozen prototypes": _prototypes(dataset, recipe, [*known, *foreign], settings),
    }
    baselines = {}
    for name, scores in simpler.items():
        theirs = _apart(scores, len(known))
        baselines[name] = Baseline(
            value=recompute_foreign(what, theirs), paired_p=_paired_p(what, kept, theirs, seed=seed)
        )
    return Measured(kept, ends.low, ends.high, baselines)


def recompute_foreign(what: ForeignMeasure, kept: dict[str, Any]) -> float:
    """The figure of novelties that were kept.

    Raises:
        KeyError: they are of another measure.
    """
    match what:
        case "oos_auroc" | "oos_auroc_far":
            return auroc(kept["known"], kept["foreign"])
        case "oos_recall_5":
            return recall_at(kept["known"], kept["foreign"], refused=REFUSED)
        case _:
            assert_never(what)


def measure_recall_chosen(artifact: Artifact, dataset: Dataset, recipe: Recipe) -> Measured:
    """Novelties of validation and test, and which answers are right; the threshold is chosen on validation alone."""
    chosen_on = dataset.frame("validation")
    validation = tell_answers(artifact.classify(list(chosen_on["text"]), top=1), list(chosen_on["label"]), artifact)
    judged = judge_rows(artifact, dataset, recipe)
    foreign = artifact.classify(list(dataset.frame("out_of_scope_test")["text"]), top=1)
    kept: dict[str, Any] = {
        "validation_novelty": validation["novelty"],
        "validation_right": validation["right"],
        "known": judged["novelty"],
        "right": judged["right"],
        "foreign": [answer.novelty for answer in foreign],
    }
    bar = choose_threshold(kept)
    caught = int((np.asarray(kept["foreign"]) > bar).sum())
    ends = wilson(caught, len(foreign))
    accuracy = float((np.asarray(kept["right"]) & (np.asarray(kept["known"]) <= bar)).mean())
    return Measured(kept, ends.low, ends.high, {"accuracy in scope, refusals wrong": Baseline(value=accuracy)})


def choose_threshold(kept: dict[str, Any]) -> float:
    """The lowest novelty above which refusing keeps the accuracy in scope on validation; infinite where none does."""
    novelties, right = np.asarray(kept["validation_novelty"]), np.asarray(kept["validation_right"])
    order = np.argsort(novelties, kind="stable")
    kept_right = np.cumsum(right[order]) / len(right)
    enough = np.flatnonzero(kept_right >= LEAST_ACCURACY)
    return float(novelties[order][enough[0]]) if len(enough) else float("inf")


def _apart(scores: Sequence[Any], known: int) -> dict[str, list[float]]:
    values = [float(score) for score in scores]
    return {"known": values[:known], "foreign": values[known:]}


def _words(dataset: Dataset, recipe: Recipe, texts: Sequence[str]) -> list[float]:
    train = training_rows(dataset, recipe.data)
    sure = tfidf_confidences(list(train["text"]), list(train["label"]), texts, seed=recipe.data.seed)
    return [-confidence for confidence in sure]


def _prototypes(dataset: Dataset, recipe: Recipe, texts: Sequence[str], settings: Settings) -> list[float]:
    train = training_rows(dataset, recipe.data)
    labels = tuple(sorted(train["label"].unique()))
    learnt, asked = np.split(embed_frozen(recipe, [*train["text"], *texts], settings), [len(train)])
    means = Prototypes.fit(learnt, index_labels(list(train["label"]), labels), labels).means
    return [float(one) for one in novelty(asked, means)]


def _paired_p(
    what: ForeignMeasure, ours: dict[str, list[float]], theirs: dict[str, list[float]], *, seed: int, rounds: int = 500
) -> float:
    """Twice the smaller share of rounds on one side of zero; both are measured on the same resampled texts."""
    rng = np.random.default_rng(seed)
    sides = [{name: np.asarray(values) for name, values in one.items()} for one in (ours, theirs)]
    differences = np.empty(rounds)
    for at in range(rounds):
        drawn = {name: rng.integers(len(values), size=len(values)) for name, values in sides[0].items()}
        a, b = (recompute_foreign(what, {name: one[name][rows] for name, rows in drawn.items()}) for one in sides)
        differences[at] = a - b
    rarer = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    return min(1.0, 2 * (rarer + 1) / (rounds + 1))
