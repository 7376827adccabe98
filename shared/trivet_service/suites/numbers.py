"""Figures as a person reads them."""

from __future__ import annotations

from trivet_service.suites.section import Cell, Metric, Unit


def show(value: float | None, unit: Unit) -> str:
    """A figure in its unit; a share in per cent."""
    if value is None:
        return ""
    match unit:
        case "share":
            return f"{100 * value:.1f} %"
        case "points":
            return f"{value:.2f} points"
        case "ms" | "s" | "MB":
            return f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
        case "per second":
            return f"{value:,.0f} a second"
        case "rows":
            return f"{value:,.0f}"
        case _:
            return f"{value:.4f}"


def show_interval(metric: Metric) -> str:
    """The 95 % interval; empty where there is none."""
    if metric.low is None or metric.high is None:
        return ""
    return f"{show(metric.low, metric.unit)} to {show(metric.high, metric.unit)}"


def show_cell(cell: Cell, *, is_share: bool = False) -> str:
    """A cell of a table; what is missing is a dash."""
    if cell is None:
        return "–"
    if is_share and isinstance(cell, float):
        return show(cell, "share")
    if isinstance(cell, float):
        return f"{cell:.4f}" if abs(cell) < 10 else f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
