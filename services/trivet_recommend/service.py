"""The recommend service as the kit finds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trivet_service.service import Service

if TYPE_CHECKING:
    from fastapi import APIRouter

    from trivet_service.context import Context
    from trivet_service.storage.domain import Domain


def _routes(context: Context) -> APIRouter:
    # Training a model of the domain needs no web framework.
    from trivet_recommend.routes.recommend import recommend_routes

    return recommend_routes(context)


def _domain() -> Domain:
    # Nor does it need a database.
    from trivet_recommend.store import recommend_domain

    return recommend_domain()


service = Service(
    name="recommend",
    title="Recommendations from texts and behaviour",
    recipes=Path(__file__).parent / "recipes",
    dataset="sample-recommend",
    routes=_routes,
    domain=_domain,
)
