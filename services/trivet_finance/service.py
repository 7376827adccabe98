"""The finance service as the kit finds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trivet_service.service import Service

if TYPE_CHECKING:
    from fastapi import APIRouter

    from trivet_service.context import Context


def _routes(context: Context) -> Sequence[APIRouter]:
    # Training a model of the domain needs no web framework.
    from trivet_finance.routes.analyze import analyze_routes

    return [analyze_routes(context)]


service = Service(
    name="finance",
    title="Sentiment of financial news",
    recipes=Path(__file__).parent / "recipes",
    dataset="sample-finance",
    routes=_routes,
)
