"""A number for a text: answers to test rows, beside simpler ways on the same rows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trivet.answers.regression import RegressionAnswer, RegressionFacts
from trivet.data.overlap import measure_overlap
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluation.number_baselines import frozen_ridge, mean_number, tfidf_ridge
from trivet.evaluation.numbers import build_number_report
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

MEAN, WORDS, FROZEN = "mean", "tfidf-ridge", "frozen-ridge"


def judge_numbers(case: Case, facts: RegressionFacts) -> Report:
    """The report of a regression.

    Raises:
        DataError: the rows are missing or bad.
    """
    artifact = case.artifact
    rows = test_rows(case.dataset, case.data)
    train = training_rows(open_dataset(artifact.recipe.data, case.settings), artifact.recipe.data)
    began = time.perf_counter()
    answers = [one for one in artifact.predict(list(rows["text"])) if isinstance(one, RegressionAnswer)]
    seconds = time.perf_counter() - began
    report = build_number_report(
        case.subject,
        rows["number"].tolist(),
        answers,
        facts,
        baselines=baseline_numbers(artifact.recipe, train, rows, settings=case.settings) if case.with_baselines else {},
        columns={"kind": list(rows["kind"])} if "kind" in rows else {},
        seconds=seconds,
        seed=case.data.seed,
    )
    return replace(report, overlap=measure_overlap(list(train["text"]), list(rows["text"])))


def baseline_numbers(
    recipe: Recipe, train: pd.DataFrame, rows: pd.DataFrame, *, settings: Settings
) -> dict[str, list[float]]:
    """Numbers of the rows by the mean, by words, and by the encoder as it was before training."""
    texts, numbers = list(train["text"]), train["number"].to_numpy(dtype=np.float64)
    asked, seed = list(rows["text"]), recipe.data.seed
    learnt, unseen = np.split(embed_frozen(recipe, [*texts, *asked], settings), [len(texts)])
    return {
        MEAN: mean_number(numbers, len(asked)),
        WORDS: tfidf_ridge(texts, numbers, asked, seed=seed),
        FROZEN: frozen_ridge(learnt, numbers, unseen, seed=seed),
    }
