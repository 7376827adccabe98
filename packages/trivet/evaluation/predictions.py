"""The table that a report rests on: one row a judged text or user, written beside it as Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationAnswer
from trivet.errors import ArtifactError, InputError
from trivet.evaluation.intervals import check_values
from trivet.evaluation.metrics.calibration import brier

# Columns of a baseline: its predicted labels, or its main score a user.
BASELINE = "baseline: "


def tabulate_answers(
    rows: Sequence[str],
    truth: Sequence[str] | None,
    answers: Sequence[ClassificationAnswer],
    labels: Sequence[str],
    baselines: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Answers with their true labels; no truth: the rows are out of scope, and theirs is missing.

    `truth_probability` and `brier` keep what the log loss and the Brier score need of all the probabilities.

    Raises:
        InputError: another number of answers than rows, a label that the model does not know, or answers that do not
            rank all labels.
    """
    if not len(rows) == len(answers) == len(rows if truth is None else truth):
        raise InputError(
            f"{len(rows)} rows, {len(rows if truth is None else truth)} true labels, {len(answers)} answers.",
            where="answers",
        )
    _check_unique(rows)
    table = pd.DataFrame(
        {
            "row": pd.array(list(rows), dtype="str"),
            "truth": pd.array([None] * len(rows) if truth is None else list(truth), dtype="str"),
            "predicted": pd.array([answer.label for answer in answers], dtype="str"),
            "confidence": np.array([answer.confidence for answer in answers], dtype=np.float64),
            "decision": pd.array([answer.decision for answer in answers], dtype="str"),
            "truth_probability": np.nan,
            "brier": np.nan,
            "novelty": np.array(
                [np.nan if answer.novelty is None else answer.novelty for answer in answers], dtype=np.float64
            ),
            "tokens": np.array([answer.tokens for answer in answers], dtype=np.int64),
            "truncated": np.array([answer.truncated for answer in answers], dtype=bool),
        }
    )
    if truth is not None:
        indices = index_labels(truth, labels)
        chances = _probabilities(answers, labels)
        table["truth_probability"] = chances[np.arange(len(indices)), indices]
        table["brier"] = brier(chances, indices)
    for name, predicted in baselines.items():
        if len(predicted) != len(rows):
            raise InputError(f"{len(predicted)} predictions for {len(rows)} rows.", where=f"baseline {name}")
        table[BASELINE + name] = pd.array(list(predicted), dtype="str")
    return table


def tabulate_users(
    users: Sequence[str], scores: Mapping[str, Sequence[float]], baselines: Mapping[str, Sequence[float]]
) -> pd.DataFrame:
    """Scores a user, a column a metric, and the main score of each baseline.

    Raises:
        InputError: another number of scores than users, or one that is not finite.
    """
    _check_unique(users)
    columns = {**scores, **{BASELINE + name: values for name, values in baselines.items()}}
    table = pd.DataFrame({"row": pd.array(list(users), dtype="str")})
    for name, values in columns.items():
        checked = check_values(values)
        if len(checked) != len(users):
            raise InputError(f"{len(checked)} scores for {len(users)} users.", where=name)
        table[name] = checked
    return table


def index_labels(names: Sequence[str], labels: Sequence[str]) -> NDArray[np.int64]:
    """The index of each name among the labels, I64[N].

    Raises:
        InputError: a name that is no label; names the row.
    """
    places = {label: at for at, label in enumerate(labels)}
    for row, name in enumerate(names):
        if name not in places:
            raise InputError(
                f"the label {name!r} is not one that the model has learnt.",
                where=f"row {row}",
                todo="Train with rows of that label, or leave the row out of the test.",
            )
    return np.array([places[name] for name in names], dtype=np.int64)


def in_scope(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a true label."""
    return table[table["truth"].notna()]


def read_predictions(path: Path) -> pd.DataFrame:
    """The table that a report was written with.

    Raises:
        ArtifactError: the file is missing or no such table.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(
            "the predictions of the report are missing or damaged.", where=str(path), todo="Judge the model again."
        ) from error
    if "row" not in table:
        raise ArtifactError("it has no column `row`.", where=str(path), todo="Judge the model again.")
    return table


def _probabilities(answers: Sequence[ClassificationAnswer], labels: Sequence[str]) -> NDArray[np.float64]:
    places = {label: at for at, label in enumerate(labels)}
    chances = np.zeros((len(answers), len(labels)))
    for row, answer in enumerate(answers):
        if len(answer.ranking) != len(labels):
            raise InputError(
                f"the answer ranks {len(answer.ranking)} of {len(labels)} labels.",
                where=f"row {row}",
                todo="Predict with top = the number of labels.",
            )
        for label, chance in answer.ranking:
            chances[row, places[label]] = chance
    if not np.isfinite(chances).all():
        raise InputError("a confidence is not a finite number.", where="answers")
    return chances


def _check_unique(rows: Sequence[str]) -> None:
    if len(set(rows)) < len(rows):
        raise InputError("two rows have the same id: they could not be told apart.", where="rows")
