"""Everything that speaks as another product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.middleware import Middleware

from trivet_support.compat.chatwoot.routes import chatwoot_routes
from trivet_support.compat.rasa import rasa_routes
from trivet_support.compat.rasa_channel import channel_routes
from trivet_support.compat.rasa_door import RasaDoor

if TYPE_CHECKING:
    from trivet_service.context import Context
    from trivet_support.brain import Brain
    from trivet_support.responder import Responder


def peer_routes(context: Context, brain: Brain, responder: Responder) -> APIRouter:
    """The routes of every peer."""
    router = APIRouter()
    router.include_router(rasa_routes(context, brain))
    router.include_router(channel_routes(responder))
    router.include_router(chatwoot_routes(context, responder))
    return router


def peer_layers(context: Context) -> list[Middleware]:
    """What takes the paths of peers for ours."""
    settings = context.settings
    door = Middleware(
        RasaDoor,
        at_root=settings.rasa,
        most=settings.max_in_flight,
        max_bytes=settings.max_body_bytes,
        seconds=settings.receive_s,
    )
    return [door]
