"""The pictures of a report, as SVG for its page and as PNG beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from trivet.evaluation.picture import ACCENT, INK, WARNING, Plot, draw
from trivet.evaluation.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More labels than this are not named along the axes: nobody could read them.
NAMED_LABELS = 30

Draw = Callable[["Axes", Report], None]


def draw_plots(report: Report) -> tuple[Plot, ...]:
    """The pictures that this kind of report has; the same report gives the same bytes.

    Raises:
        TrivetError: matplotlib is not installed.
    """
    chosen: list[tuple[str, str, tuple[float, float], Draw]] = []
    if report.baselines:
        chosen.append(("baselines", "Against the baselines", (6.4, 0.5 * len(report.baselines) + 1.5), _draw_baselines))
    if report.kind == "classification":
        chosen.append(("reliability", "Reliability", (4.8, 4.4), _draw_reliability))
        chosen.append(("risk-coverage", "Risk and coverage", (4.8, 4.4), _draw_risk_coverage))
        side = 4.8 if len(report.labels) > NAMED_LABELS else 3.0 + 0.22 * len(report.labels)
        chosen.append(("confusion", "Confusion", (side + 0.6, side), _draw_confusion))
    if report.kind == "regression":
        chosen.append(("values", "Predicted against true", (4.8, 4.4), _draw_values))
    return tuple(_draw(report, *one) for one in chosen)


def _draw(report: Report, name: str, title: str, size: tuple[float, float], paint: Draw) -> Plot:
    return draw(name, title, lambda axes: paint(axes, report), size=size)


def _draw_baselines(axes: Axes, report: Report) -> None:
    score = report.main_score
    names = [*report.baselines, report.name]
    values = [*(baseline.score for baseline in report.baselines.values()), score.value]
    axes.barh(names, values, color=["#9ca3af"] * len(report.baselines) + [ACCENT], height=0.6)
    axes.errorbar(
        score.value,
        len(names) - 1,
        xerr=[[score.value - score.low], [score.high - score.value]],
        color=INK,
        capsize=4,
    )
    for at, value in enumerate(values):
        end = score.high if at == len(values) - 1 else value
        axes.annotate(f"{value:.3f}", (end, at), xytext=(6, 0), textcoords="offset points", va="center", color=INK)
    axes.set_xlim(0, 1.15 * max(*values, score.high, 1e-3))
    axes.set_xlabel(report.main)


def _draw_reliability(axes: Axes, report: Report) -> None:
    confidences = [one.confidence for one in report.reliability]
    axes.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1, label="calibrated")
    axes.plot(confidences, [one.accuracy for one in report.reliability], color=ACCENT, marker="o", label=report.name)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right")
    axes.legend(frameon=False, loc="upper left")


def _draw_risk_coverage(axes: Axes, report: Report) -> None:
    points = report.risk_coverage
    axes.plot([one.coverage for one in points], [one.risk for one in points], color=ACCENT)
    highest = max(one.risk for one in points)
    promise = report.promise
    if promise is not None:
        axes.axhline(promise.risk, color=WARNING, linestyle="--", linewidth=1, label=f"promised: {promise.risk:g}")
        highest = max(highest, promise.risk)
        if promise.wrong is not None:
            axes.plot(
                promise.coverage.value,
                promise.wrong.value,
                color=WARNING,
                marker="o",
                linestyle="none",
                label="operating point",
            )
        axes.legend(frameon=False, loc="upper left")
    axes.set(xlim=(0, 1), ylim=(0, 1.15 * max(highest, 0.01)), xlabel="share answered", ylabel="share of answers wrong")


def _draw_confusion(axes: Axes, report: Report) -> None:
    counts = np.array(report.confusion, dtype=np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    axes.figure.colorbar(image, ax=axes, shrink=0.7, label="share of the true label")
    if len(report.labels) <= NAMED_LABELS:
        axes.set_xticks(range(len(report.labels)), report.labels, rotation=90)
        axes.set_yticks(range(len(report.labels)), report.labels)
    axes.set(xlabel="predicted", ylabel="true")


def _draw_values(axes: Axes, report: Report) -> None:
    table = report.predictions
    assert table is not None, "a report is drawn with its predictions"
    true, found = table["truth"].to_numpy(), table["predicted"].to_numpy()
    ends = [min(true.min(), found.min()), max(true.max(), found.max())]
    axes.plot(ends, ends, color=INK, linestyle=":", linewidth=1, label="right")
    axes.scatter(true, found, color=ACCENT, s=10, alpha=0.6, label=report.name)
    axes.set(xlabel="true", ylabel="predicted")
    axes.legend(frameon=False, loc="upper left")
