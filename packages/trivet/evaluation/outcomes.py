"""Outcomes of two reports on the same rows, matched by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trivet.evaluation.label_sets import row_hits
from trivet.evaluation.metrics.numbers import squared_errors
from trivet.evaluation.predictions import in_scope
from trivet.evaluation.report import Report
from trivet.evaluation.spans import row_hits as row_span_hits


def pair_outcomes(one: Report, other: Report) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Outcomes of both on the rows; one a row, or several that a statistic is computed of; None where rows differ."""
    ours, theirs = _outcomes_by_row(one), _outcomes_by_row(other)
    if ours is None or theirs is None or ours.keys() != theirs.keys():
        return None
    return np.array(list(ours.values())), np.array([theirs[row] for row in ours])


def _outcomes_by_row(report: Report) -> Mapping[str, Any] | None:
    table = report.predictions
    if table is None:
        return None
    if report.kind == "tagging":
        return dict(zip(table["row"], row_span_hits(table), strict=True))
    if report.kind == "multilabel":
        return dict(zip(table["row"], row_hits(table, report.labels), strict=True))
    if report.kind == "regression":
        return dict(zip(table["row"], -squared_errors(table["truth"], table["predicted"]), strict=True))
    if report.kind in ("similarity", "multitask"):
        return dict(zip(table["row"], table[report.main], strict=True))
    known = in_scope(table)
    return dict(zip(known["row"], (known["predicted"] == known["truth"]).astype(float), strict=True))
