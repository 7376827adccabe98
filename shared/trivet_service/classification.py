"""A ready-made service for a domain that only classifies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trivet_service.service import Service

if TYPE_CHECKING:
    from fastapi import APIRouter

    from trivet_service.context import Context


def classification_service(*, name: str, title: str, recipes: Path, dataset: str, example: str) -> Service:
    """A service that answers `POST /v1/NAME` and `/v1/NAME:batch` with a label, its confidence and a decision.

    `example` is a text of the domain, shown in the documentation of both routes.
    """

    def routes(context: Context) -> Sequence[APIRouter]:
        from trivet_service.classification_routes import classification_routes

        return [classification_routes(context, service=name, title=title, example=example)]

    return Service(name=name, title=title, recipes=recipes, dataset=dataset, routes=routes)
