"""The job that judges a model on test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trivet.data.judged import rows_to_judge
from trivet.evaluate import evaluate as judge
from trivet.evaluation.write import write_report
from trivet.pipeline import report_folder
from trivet.recipe.data import DataRecipe
from trivet.registry.open import open_artifact
from trivet.registry.reference import read_reference
from trivet_service.datasets.shelf import Shelf
from trivet_service.jobs.admission import place_of
from trivet_service.jobs.kinds import Work
from trivet_service.jobs.train import describe


def evaluate(work: Work) -> Mapping[str, Any]:
    """The report of a version; judged on its own rows, it is the one that a promotion reads.

    Raises:
        DataError: rows are missing or bad, or hold a label that the model has not learnt.
    """
    reference = work.job.request["model"]
    named = read_reference(reference)
    work.progress.stage("load")
    artifact = open_artifact(reference, work.settings)
    try:
        rows = _rows(work, artifact.recipe.data)
        work.progress.stage("judge")
        report = judge(artifact, settings=work.settings, data=rows)
    finally:
        artifact.close()
    assert named.version is not None, "jobs name a version"
    report = replace(report, version=named.version)
    if rows is None:
        write_report(report, report_folder(work.settings, named.name, named.version))
    return {"model": named.name, "version": named.version, "reference": reference, **describe(named.name, report)}


def _rows(work: Work, own: DataRecipe) -> DataRecipe | None:
    """The rows to judge on: the table `test` of the set that is named, else all of it; None: the model's own."""
    request, columns = work.job.request, work.job.request.get("columns", {})
    if not request.get("dataset"):
        return None
    place = place_of(request, work.settings, tenant=work.job.tenant)
    if not request["data_version"]:
        return rows_to_judge(own, place)
    found = Shelf(work.settings.home, work.job.tenant).folder(request["dataset"], request["data_version"])
    tables = {file.stem: str(file) for file in found.iterdir()}
    if own.items or "interactions" in tables:
        return own.model_copy(update={"dataset": place, "test": "", "items": ""})
    text, label = columns.get("text", ""), columns.get("label", "")
    return rows_to_judge(own, tables.get("test") or tables["train"], text=text, label=label)
