"""`POST /v1/items` and `GET /v1/items`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Body, Request

from trivet_recommend.item_text import compose_text
from trivet_recommend.schemas import ItemIn, ItemShown, ItemsIn, ItemsPage, ItemsPut, seconds
from trivet_recommend.shops import Shops
from trivet_recommend.store import Item
from trivet_service.access import Reader, Writer
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.limits import check_batch
from trivet_service.moments import moment
from trivet_service.paging import Order, PageAsked, close_page, open_page
from trivet_service.provenance import provenance_of

_ITEMS: Any = Body(
    openapi_examples={
        "two": {
            "value": {
                "items": [
                    {"item": "i001", "title": "Ridgeline 3 Trail Running Shoe", "category": "Footwear"},
                    {"item": "i002", "title": "Skyfell Mountain Racer", "description": "Featherweight racing shoe"},
                ]
            }
        }
    }
)

_BY_NAME = Order("items", (str,))


def item_routes(context: Context, shops: Shops) -> APIRouter:
    """The routes over the shops of this app."""
    router = APIRouter()

    @router.post("/v1/items", summary="Put items into the catalogue")
    async def put_items(request: Request, caller: Writer, asked: ItemsIn = _ITEMS) -> ItemsPut:
        check_batch(len(asked.items), limit=context.settings.max_batch, pointer="/items")
        now = time.time()
        # Of two items of one name the later counts.
        items = list({one.item: _item(one, now) for one in asked.items}.values())
        model = await context.models.take("recommend", request)
        placement = shops.placement(caller.tenant, model)
        changed = [item for item in items if not placement.has_text(item)]
        vectors = await model.embed([item.text for item in changed], pointer="/items")
        await asyncio.to_thread(shops.put, caller.tenant, items, changed, vectors, model)
        exchange_of(request.scope).note(items=len(items))
        return ItemsPut(put=len(items), catalogue=len(shops.of(caller.tenant)), **provenance_of(request, model))

    @router.get("/v1/items", summary="What the catalogue holds")
    def list_items(caller: Reader, asked: PageAsked) -> ItemsPage:
        window = open_page(asked, _BY_NAME)
        found = shops.store.page_of_items(caller.tenant, window)
        return ItemsPage(**close_page(found, window, key=lambda item: (item.item,), render=_show))

    return router


def _show(item: Item) -> ItemShown:
    return ItemShown(
        item=item.item, title=item.title, category=item.category, text=item.text, added_at=moment(item.added_at)
    )


def _item(given: ItemIn, now: float) -> Item:
    text = given.text.strip() or compose_text(given.title, given.description, given.category)
    return Item(given.item, text, given.title, given.category, seconds(given.added_at, now=now))
