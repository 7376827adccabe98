"""Writes the report of a suite: JSON, page, a CSV a table, pictures, and the answers that went wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from trivet.evaluation.folder import check_folder as _check_folder
from trivet.evaluation.folder import write_folder
from trivet_service.suites.page import render_page
from trivet_service.suites.report import SuiteReport, all_errors
from trivet_service.suites.section import Table

JSON, PAGE, ERRORS = "report.json", "report.html", "errors.jsonl"


def write_suite(report: SuiteReport, folder: Path) -> Path:
    """Writes the report into a folder of its own, in place of an older one, and returns the page's path.

    Raises:
        ArtifactError: the folder holds other files than such a report's.
    """
    outcomes = report.result.outcomes
    files: dict[str, bytes] = {
        JSON: (json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(),
        PAGE: render_page(report).encode(),
        ERRORS: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in all_errors(outcomes)).encode(),
    }
    for outcome in outcomes:
        files |= {f"{outcome.name}.{table.name}.csv": _to_csv(table) for table in outcome.found.tables}
        files |= {f"{plot.name}.png": plot.png for plot in outcome.found.plots}
    write_folder(folder, files)
    return folder / PAGE


def check_folder(folder: Path) -> None:
    """Nothing where a report may be written. Raises as the core's."""
    _check_folder(folder, names=(JSON, PAGE, ERRORS))


def _to_csv(table: Table) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return buffer.getvalue().encode()
