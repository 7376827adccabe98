"""The job that takes a data set in: all of its rows are read and checked, as training would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trivet.data.dataset import Dataset
from trivet.data.frames import check_labels
from trivet.data.lint import Finding, lint_frame, lint_interactions
from trivet.data.sources import open_dataset
from trivet.recipe import read_recipe
from trivet_service.jobs.admission import place_of
from trivet_service.jobs.kinds import Work


def take_in(work: Work) -> Mapping[str, Any]:
    """Rows by table, and what a reader should know about them; a public set is fetched where it is not here yet.

    Raises:
        DataError: a bad row, by line and reason; a label that only the test has; files that cannot be fetched.
    """
    dataset = open_rows(work)
    rows = {}
    tables = [name for name in dataset.tables if name != "texts"]
    for done, table in enumerate(tables):
        work.progress.step(done, len(tables), f"table {table}")
        rows[table] = len(dataset.frame(table))
    return {"dataset": work.job.request["dataset"], "rows": rows, "findings": _findings(dataset)}


def open_rows(work: Work) -> Dataset:
    """The data set of a job, read as the service's recipe says.

    Raises:
        DataError: as `open_dataset`.
    """
    work.progress.stage("read")
    request = work.job.request
    own = read_recipe(work.service.recipes / "default.toml").data
    columns = own.columns.model_copy(update=request["columns"])
    place = place_of(request, work.settings, tenant=work.job.tenant)
    return open_dataset(own.model_copy(update={"dataset": place, "columns": columns}), work.settings)


def _findings(dataset: Dataset) -> list[dict[str, Any]]:
    found: tuple[Finding, ...] = ()
    if dataset.kind == "interactions":
        found = lint_interactions(dataset.frame("interactions"), dataset.frame("items"))
    elif dataset.kind == "classification":
        train, test = dataset.frame("train"), dataset.frame("test") if "test" in dataset.tables else None
        if test is not None:
            check_labels(set(train["label"]), test)
        found = lint_frame(train, test=test)
    return [one.to_json() for one in found]
