"""Writes a report: JSON, page, pictures and the predictions it rests on."""

from __future__ import annotations

import io
import json
import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from trivet.errors import ArtifactError
from trivet.evaluation.html import render_html
from trivet.evaluation.plots import draw_plots
from trivet.evaluation.report import Report

JSON, PAGE, PREDICTIONS = "report.json", "report.html", "predictions.parquet"


@dataclass(frozen=True)
class ReportPaths:
    """Where a report lies."""

    folder: Path
    json: Path
    html: Path
    predictions: Path
    plots: tuple[Path, ...]


def write_report(report: Report, folder: Path) -> ReportPaths:
    """Writes the report into a folder of its own; it is there whole or not at all, and takes the place of an older one.

    Raises:
        ArtifactError: the folder holds other files than a report's, or the report has no predictions.
    """
    if report.predictions is None:
        raise ArtifactError("a report without its predictions cannot be written.", where=str(folder))
    plots = draw_plots(report)
    parquet = io.BytesIO()
    report.predictions.to_parquet(parquet, index=False)
    plain = json.dumps(report.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    files = {
        JSON: (plain + "\n").encode(),
        PAGE: render_html(report, plots).encode(),
        PREDICTIONS: parquet.getvalue(),
        **{f"{plot.name}.png": plot.png for plot in plots},
    }
    _check_place(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    fresh.mkdir()
    try:
        for name, content in files.items():
            _write(fresh / name, content)
        _sync(fresh)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return ReportPaths(
        folder=folder,
        json=folder / JSON,
        html=folder / PAGE,
        predictions=folder / PREDICTIONS,
        plots=tuple(folder / f"{plot.name}.png" for plot in plots),
    )


def _check_place(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ArtifactError("it is a file.", where=str(folder), todo="Give a folder for the report.")
    ours = {JSON, PAGE, PREDICTIONS}
    others = sorted(path.name for path in folder.iterdir() if path.name not in ours and path.suffix != ".png")
    if others:
        raise ArtifactError(
            f"the folder holds other files ({others[0]}).", where=str(folder), todo="Give a folder of the report's own."
        )


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


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
