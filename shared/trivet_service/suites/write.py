"""Writes the report of a suite: JSON, page, a CSV a table, pictures, and the answers that went wrong."""

from __future__ import annotations

import csv
import io
import json
import shutil
import uuid
from pathlib import Path

from trivet.errors import TrivetError
from trivet_service.suites.page import render_page
from trivet_service.suites.report import SuiteReport, all_errors
from trivet_service.suites.section import Table

JSON, PAGE, ERRORS = "report.json", "report.html", "errors.jsonl"
_OURS = (".csv", ".png")


def write_suite(report: SuiteReport, folder: Path) -> Path:
    """Writes the report into a folder of its own, in place of an older one, and returns the page's path.

    Raises:
        TrivetError: the folder holds other files than such a report's.
    """
    check_folder(folder)
    outcomes = report.result.outcomes
    files: dict[str, bytes] = {
        JSON: (json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(),
        PAGE: render_page(report).encode(),
        ERRORS: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in all_errors(outcomes)).encode(),
    }
    for outcome in outcomes:
        files |= {f"{outcome.name}.{table.name}.csv": _to_csv(table) for table in outcome.found.tables}
        files |= {f"{plot.name}.png": plot.png for plot in outcome.found.plots}
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    fresh.mkdir()
    try:
        for name, content in files.items():
            (fresh / name).write_bytes(content)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder / PAGE


def _put_in_place(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    # A folder cannot take the place of a full one in one step: the old one steps aside, and returns if that fails.
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.old")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def check_folder(folder: Path) -> None:
    """Nothing where a report may be written.

    Raises:
        TrivetError: it is a file, or holds other files than such a report's.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrivetError("it is a file.", where=str(folder), todo="Give a folder for the report.")
    ours = (JSON, PAGE, ERRORS)
    others = sorted(path.name for path in folder.iterdir() if path.name not in ours and path.suffix not in _OURS)
    if others:
        raise TrivetError(
            f"the folder holds other files ({others[0]}).", where=str(folder), todo="Give a folder of the report's own."
        )


def _to_csv(table: Table) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return buffer.getvalue().encode()
