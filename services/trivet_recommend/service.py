"""The recommend service as the kit finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet_service.service import Service

if TYPE_CHECKING:
    from fastapi import APIRouter

    from trivet_service.context import Context
    from trivet_service.jobs.kinds import Work
    from trivet_service.storage.domain import Domain


def _routes(context: Context) -> Sequence[APIRouter]:
    # Training a model of the domain needs no web framework.
    from trivet_recommend.routes.recommend import recommend_routes

    return recommend_routes(context)


def _domain() -> Domain:
    # Nor does it need a database.
    from trivet_recommend.store import recommend_domain

    return recommend_domain()


def _import(work: Work) -> Mapping[str, Any]:
    from trivet_recommend.take_in import take_in

    return take_in(work)


def _rebuild(work: Work) -> Mapping[str, Any]:
    from trivet_recommend.take_in import rebuild

    return rebuild(work)


service = Service(
    name="recommend",
    title="Recommendations from texts and behaviour",
    recipes=Path(__file__).parent / "recipes",
    dataset="sample-recommend",
    routes=_routes,
    domain=_domain,
    jobs={"import": _import, "rebuild": _rebuild},
)
