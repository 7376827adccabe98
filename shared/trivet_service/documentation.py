"""The page at /docs: every operation with its example, to be tried at once; it loads nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files


def page() -> str:
    """The page as HTML; in the browser it reads the openapi.json beside it."""
    return files("trivet_service").joinpath("documentation.html").read_text(encoding="utf-8")
