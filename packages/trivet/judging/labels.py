"""One label of several for a text: answers to test rows, beside simpler ways on the same rows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from trivet.answers.classification import ClassificationFacts
from trivet.data.dataset import Dataset
from trivet.data.frames import check_labels
from trivet.data.overlap import measure_overlap
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluation.baselines import frozen_logistic, majority, tfidf_logistic
from trivet.evaluation.build import build_report
from trivet.evaluation.report import Report
from trivet.evaluation.rows import JudgedRows
from trivet.judging.case import Case
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MAJORITY, WORDS, FROZEN = "majority", "tfidf-logistic", "frozen-logistic"


def judge_labels(case: Case, facts: ClassificationFacts) -> Report:
    """The report of a classifier.

    Raises:
        DataError: the rows are missing or bad, or hold a label that the model has not learnt.
    """
    artifact, dataset = case.artifact, case.dataset
    rows = test_rows(dataset, case.data)
    check_labels(facts.labels, rows)
    own = open_dataset(artifact.recipe.data, case.settings)
    train = training_rows(own, artifact.recipe.data)
    began = time.perf_counter()
    answers = artifact.classify(list(rows["text"]), top=len(facts.labels))
    seconds = time.perf_counter() - began
    foreign = "out_of_scope_test" if "out_of_scope_test" in dataset.tables else ""
    return build_report(
        case.subject,
        JudgedRows(
            truth=list(rows["label"]),
            columns={"kind": list(rows["kind"])} if "kind" in rows else {},
            train_labels=list(train["label"]),
            overlap=measure_overlap(list(train["text"]), list(rows["text"])),
        ),
        answers,
        facts,
        baselines=baseline_labels(artifact.recipe, own, rows, settings=case.settings) if case.with_baselines else {},
        out_of_scope=artifact.classify(list(dataset.frame(foreign)["text"]), top=len(facts.labels)) if foreign else (),
        seconds=seconds,
        seed=case.data.seed,
    )


def baseline_labels(
    recipe: Recipe, dataset: Dataset, rows: pd.DataFrame, *, settings: Settings
) -> dict[str, list[str]]:
    """Labels of the rows by the majority, by words, and by the encoder as it was before training.

    `dataset` is the one that the recipe trains on.
    """
    train = training_rows(dataset, recipe.data)
    texts, labels = list(train["text"]), list(train["label"])
    asked, seed = list(rows["text"]), recipe.data.seed
    learnt, unseen = np.split(embed_frozen(recipe, [*texts, *asked], settings), [len(texts)])
    return {
        MAJORITY: majority(labels, len(asked)),
        WORDS: tfidf_logistic(texts, labels, asked, seed=seed),
        FROZEN: frozen_logistic(learnt, labels, unseen, seed=seed),
    }
