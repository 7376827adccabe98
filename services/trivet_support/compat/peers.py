"""Everything that speaks as another product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from trivet_support.compat.chatwoot.routes import chatwoot_routes
from trivet_support.compat.rasa import rasa_routes
from trivet_support.compat.rasa_channel import channel_routes
from trivet_support.compat.rasa_door import RasaDoor

if TYPE_CHECKING:
    from fastapi import APIRouter

    from trivet_service.context import Context
    from trivet_support.brain import Brain
    from trivet_support.responder import Responder


def peer_routes(context: Context, brain: Brain, responder: Responder) -> Sequence[APIRouter]:
    """The routes of every peer."""
    return [rasa_routes(context, brain), channel_routes(responder), chatwoot_routes(context, responder)]


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
