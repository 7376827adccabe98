"""Any number of labels for a text: answers to test rows, beside simpler ways on the same rows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts
from trivet.data.frames import check_label_sets
from trivet.data.overlap import measure_overlap
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluation.label_set_baselines import frozen_one_vs_rest, most_frequent_set, tfidf_one_vs_rest
from trivet.evaluation.label_sets import build_label_report
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MAJORITY, WORDS, FROZEN = "majority", "tfidf-logistic", "frozen-logistic"


def judge_label_sets(case: Case, facts: MultilabelFacts) -> Report:
    """The report of a model of label sets.

    Raises:
        DataError: the rows are missing or bad, or hold a label that the model has not learnt.
    """
    artifact = case.artifact
    rows = test_rows(case.dataset, case.data)
    check_label_sets(facts.labels, rows)
    train = training_rows(open_dataset(artifact.recipe.data, case.settings), artifact.recipe.data)
    began = time.perf_counter()
    answers = [one for one in artifact.predict(list(rows["text"])) if isinstance(one, MultilabelAnswer)]
    seconds = time.perf_counter() - began
    report = build_label_report(
        case.subject,
        list(rows["labels"]),
        answers,
        facts.labels,
        baselines=baseline_sets(artifact.recipe, train, rows, settings=case.settings) if case.with_baselines else {},
        columns={"kind": list(rows["kind"])} if "kind" in rows else {},
        seconds=seconds,
        seed=case.data.seed,
    )
    return replace(report, overlap=measure_overlap(list(train["text"]), list(rows["text"])))


def baseline_sets(
    recipe: Recipe, train: pd.DataFrame, rows: pd.DataFrame, *, settings: Settings
) -> dict[str, list[tuple[str, ...]]]:
    """Labels of the rows by the most frequent set, by words, and by the encoder as it was before training.

    What simpler ways do not know of the test's labels counts as missed, as it does for the model.
    """
    texts, sets = list(train["text"]), list(train["labels"])
    asked, seed = list(rows["text"]), recipe.data.seed
    learnt, unseen = np.split(embed_frozen(recipe, [*texts, *asked], settings), [len(texts)])
    return {
        MAJORITY: most_frequent_set(sets, len(asked)),
        WORDS: tfidf_one_vs_rest(texts, sets, asked, seed=seed),
        FROZEN: frozen_one_vs_rest(learnt, sets, unseen, seed=seed),
    }
