"""What a tenant has its bot say: replies, knowledge and rules; and the route that says it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from trivet_support.routes.entities import entity_routes
from trivet_support.routes.knowledge import knowledge_routes
from trivet_support.routes.operating_points import point_routes
from trivet_support.routes.replies import reply_routes
from trivet_support.routes.respond import respond_routes
from trivet_support.routes.rules import rule_routes

if TYPE_CHECKING:
    from trivet_service.context import Context
    from trivet_support.desk.desks import Desks
    from trivet_support.responder import Responder


def desk_routes(context: Context, desks: Desks, responder: Responder) -> Sequence[APIRouter]:
    """The routes over the desks of this app, which follow the database while it runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(desks.open)
        following = asyncio.create_task(desks.follow())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await asyncio.to_thread(desks.close)

    return [
        APIRouter(lifespan=lifespan),
        respond_routes(responder),
        reply_routes(desks),
        knowledge_routes(context, desks),
        rule_routes(desks),
        entity_routes(desks),
        point_routes(context, desks),
    ]
