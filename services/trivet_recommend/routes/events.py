"""`POST /v1/events`."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from trivet_recommend.schemas import EventIn, EventsBody, EventsIn, EventsTaken, seconds
from trivet_recommend.shops import Shops
from trivet_recommend.store import Event
from trivet_service.access import Writer
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.limits import check_batch

_EVENTS: Any = Body(
    openapi_examples={
        "one": {"value": {"id": "e-17", "user": "u1", "item": "i001", "event": "view"}},
        "several": {
            "value": {
                "events": [
                    {"id": "e-18", "user": "u1", "item": "i001", "event": "purchase", "time": "2026-01-02T09:00:00Z"},
                    {"id": "e-19", "user": "u2", "item": "i002"},
                ]
            }
        },
    }
)


def event_routes(context: Context, shops: Shops) -> APIRouter:
    """The route over the shops of this app."""
    router = APIRouter()

    @router.post("/v1/events", summary="Say what users did; the next recommendation knows it")
    def take_events(request: Request, caller: Writer, asked: Annotated[EventsBody, _EVENTS]) -> EventsTaken:
        given = asked.events if isinstance(asked, EventsIn) else [asked]
        check_batch(len(given), limit=context.settings.max_batch, pointer="/events")
        now = time.time()
        events = [_event(one, now) for one in given]
        added = shops.record(caller.tenant, events)
        shop = shops.of(caller.tenant)
        exchange_of(request.scope).note(events=len(events), accepted=len(added))
        return EventsTaken(
            accepted=len(added),
            duplicates=len(events) - len(added),
            ids=[event.id for event in events],
            unknown_items=sorted({event.item for event in events if shop.item(event.item) is None}),
            request_id=exchange_of(request.scope).request_id,
        )

    return router


def _event(given: EventIn, now: float) -> Event:
    return Event(
        id=given.id or uuid.uuid4().hex,
        user=given.user,
        item=given.item,
        event=given.event,
        value=given.value,
        time=seconds(given.time, now=now),
    )
