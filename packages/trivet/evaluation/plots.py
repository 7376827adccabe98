"""The pictures of a report, as SVG for its page and as PNG beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.errors import TrivetError
from trivet.evaluation.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Lines and letters are drawn in this colour and then take the colour of the page's text, dark or light.
INK = "#010203"
ACCENT = "#3b82f6"
WARNING = "#f97316"

# More labels than this are not named along the axes: nobody could read them.
NAMED_LABELS = 30

Draw = Callable[["Axes", Report], None]


@dataclass(frozen=True)
class Plot:
    """One picture: `svg` is an element to stand in a page, `png` a file's bytes on white."""

    name: str
    title: str
    svg: str
    png: bytes


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
    return tuple(_render(report, *one) for one in chosen)


def _render(report: Report, name: str, title: str, size: tuple[float, float], draw: Draw) -> Plot:
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise TrivetError(
            "the pictures of a report need matplotlib.", where="report", todo="pip install 'trivet[train]'."
        ) from error
    style: dict[Any, Any] = {
        # Names of shapes follow from it: fixed, and another for each picture of the page.
        "svg.hashsalt": name,
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    }
    # A Figure of its own canvas: no display, no global state of pyplot.
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot(), report)
        return Plot(name, title, _save_svg(figure, title), _save_png(figure))


def _save_svg(figure: Figure, title: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    svg = buffer.getvalue()
    element = svg[svg.index("<svg") :].replace(INK, "currentColor")
    element = re.sub(r"<metadata>.*?</metadata>\s*", "", element, flags=re.DOTALL)
    # An id may stand only once in a page, and no reference needs those of groups.
    element = re.sub(r'<g id="[^"]*">', "<g>", element)
    # In a page the picture must be able to shrink: its own width and height would forbid it.
    return re.sub(r'<svg[^>]*?(viewBox="[^"]*")[^>]*>', rf'<svg role="img" aria-label="{title}" \1>', element, count=1)


def _save_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


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
