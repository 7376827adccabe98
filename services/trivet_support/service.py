"""The support service as the kit finds it."""

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
    from fastapi import APIRouter

    from trivet_support.brain import Brain
    from trivet_support.routes.explain import explain_routes
    from trivet_support.routes.parse import parse_routes

    router, brain = APIRouter(), Brain(context)
    router.include_router(parse_routes(context, brain))
    router.include_router(explain_routes(context))
    return router


def _domain() -> Domain:
    # Nor does it need a database.
    from trivet_support.store import support_domain

    return support_domain()


service = Service(
    name="support",
    title="Intents of support messages",
    recipes=Path(__file__).parent / "recipes",
    dataset="sample-bank",
    routes=_routes,
    domain=_domain,
)
