"""Reads a written report, and computes its figures again from its predictions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from trivet.errors import ArtifactError, InputError
from trivet.evaluation.label_sets import measure_sets
from trivet.evaluation.measure import measure_answers, measure_users
from trivet.evaluation.numbers import measure_numbers
from trivet.evaluation.predictions import read_predictions
from trivet.evaluation.report import Report, Score
from trivet.evaluation.spans import measure_spans
from trivet.evaluation.write import JSON, PREDICTIONS


def read_report(folder: Path) -> Report:
    """The report in a folder, with its predictions.

    Raises:
        ArtifactError: a file of the report is missing or damaged.
    """
    path = folder / JSON
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ArtifactError("there is no report here.", where=str(path), todo="Judge the model first.") from error
    except ValueError as error:
        raise ArtifactError("the report is damaged.", where=str(path), todo="Judge the model again.") from error
    return replace(Report.from_json(values), predictions=read_predictions(folder / PREDICTIONS))


def recompute(folder: Path) -> dict[str, Score]:
    """Every metric of the report in a folder, computed again from its predictions; equal to those reported.

    Raises:
        ArtifactError: a file of the report is missing or damaged.
    """
    report = read_report(folder)
    assert report.predictions is not None, "read_report reads them"
    try:
        if report.kind == "classification":
            return measure_answers(report.predictions, report.labels, seed=report.seed)
        if report.kind == "multilabel":
            return measure_sets(report.predictions, report.labels, seed=report.seed)
        if report.kind == "tagging":
            return measure_spans(report.predictions, report.labels, seed=report.seed)
        if report.kind == "regression":
            return measure_numbers(report.predictions, seed=report.seed)
        return measure_users(report.predictions, seed=report.seed)
    except (InputError, KeyError) as error:
        raise ArtifactError(
            f"the predictions do not belong to the report ({error}).",
            where=str(folder / PREDICTIONS),
            todo="Judge the model again.",
        ) from error
