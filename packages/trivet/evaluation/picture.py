"""A picture: SVG to stand in a page, PNG to lie beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trivet.errors import TrivetError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Lines and letters are drawn in this colour and then take the colour of the page's text, dark or light.
INK = "#010203"
ACCENT = "#3b82f6"
WARNING = "#f97316"
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")


@dataclass(frozen=True)
class Plot:
    """One picture: `svg` is an element to stand in a page, `png` a file's bytes on white."""

    name: str
    title: str
    svg: str
    png: bytes


def draw(name: str, title: str, paint: Callable[[Axes], None], *, size: tuple[float, float] = (4.8, 4.0)) -> Plot:
    """A picture that `paint` draws into axes of `size` inches; the same drawing gives the same bytes.

    Raises:
        TrivetError: matplotlib is not installed.
    """
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
        **dict.fromkeys(_INKED, INK),
    }
    # A Figure of its own canvas: no display, no global state of pyplot.
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure.add_subplot())
        return Plot(name, title, _save_svg(figure, title), _save_png(figure))


def _save_svg(figure: Figure, title: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Title": title})
    svg = buffer.getvalue()
    element = svg[svg.index("<svg") :].replace(INK, "currentColor")
    element = re.sub(r"<metadata>.*?</metadata>\s*", "", element, flags=re.DOTALL)
    # An id may stand only once in a page, and no reference needs those of groups.
    element = re.sub(r'<g id="[^"]*">', "<g>", element)
    # In a page the picture must be able to shrink: its own width and height would forbid it. It is never wider than
    # drawn, so that letters of all pictures are of one size.
    width = re.search(r'viewBox="0 0 ([\d.]+)', element)
    widest = f"max-width:{float(width.group(1)) / 10:.1f}rem" if width else ""
    return re.sub(
        r'<svg[^>]*?(viewBox="[^"]*")[^>]*>',
        rf'<svg role="img" aria-label="{title}" style="{widest}" \1>',
        element,
        count=1,
    )


def _save_png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
