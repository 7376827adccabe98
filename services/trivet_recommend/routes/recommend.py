"""All routes of the service over shops that open when the app starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter

from trivet.recipe.data import DataRecipe
from trivet_recommend.load import load_apart
from trivet_recommend.routes.events import event_routes
from trivet_recommend.routes.items import item_routes
from trivet_recommend.routes.recommendations import recommendation_routes
from trivet_recommend.shops import Shops
from trivet_service.context import Context
from trivet_service.jobs.followed import ended_jobs, followed


def recommend_routes(context: Context) -> Sequence[APIRouter]:
    """The service's routers; the first one's lifespan builds the catalogue and index from the store."""
    shops = Shops(context)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        if wanted := context.settings.load:
            trained_on = shops.model.artifact.recipe.data
            recipe = trained_on if trained_on.dataset == wanted else DataRecipe(dataset=wanted)
            items, events = await asyncio.to_thread(load_apart, recipe, context.settings)
            context.log.info("loaded", dataset=wanted, items=items, events=events)
        # Known before the shops are read: what ends from now on is read again.
        known = await asyncio.to_thread(ended_jobs, context, "recommend")
        await asyncio.to_thread(shops.open)
        context.checks["recommend.shops"] = shops.check
        async with followed(context, "recommend", lambda job: shops.reload(job.tenant), known=known):
            yield

    return [
        APIRouter(lifespan=lifespan),
        item_routes(context, shops),
        event_routes(context, shops),
        recommendation_routes(context, shops),
    ]
