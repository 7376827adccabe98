"""Writes a report: JSON, page, pictures and the predictions it rests on."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

from trivet.errors import ArtifactError
from trivet.evaluation.folder import write_folder
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
    write_folder(folder, files)
    return ReportPaths(
        folder=folder,
        json=folder / JSON,
        html=folder / PAGE,
        predictions=folder / PREDICTIONS,
        plots=tuple(folder / f"{plot.name}.png" for plot in plots),
    )
