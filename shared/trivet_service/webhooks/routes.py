"""`/v1/webhooks`: where a tenant's events are sent, and what became of them."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, Response

from trivet_service.access import Admin
from trivet_service.audit import actor_of
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.paging import Order, PageAsked, close_page, open_page, select_page
from trivet_service.problems import ProblemError
from trivet_service.storage.rows import Rows
from trivet_service.webhooks.address import check_address
from trivet_service.webhooks.delivery import (
    Delivery,
    Status,
    find_delivery,
    read_delivery,
    select_deliveries,
    send_again,
    send_all_dead_again,
)
from trivet_service.webhooks.schemas import (
    DeliveriesPage,
    DeliveryShown,
    Rotation,
    SentAgain,
    WebhookAsked,
    WebhookChange,
    WebhookMade,
    WebhookShown,
    WebhooksPage,
    show_delivery,
    show_webhook,
)
from trivet_service.webhooks.tables import deliveries, webhooks
from trivet_service.webhooks.webhook import Webhook, Webhooks, find, read_webhook

_BY_AGE = Order("webhooks", (float, str), descending=True)
_DELIVERIES_BY_AGE = Order("deliveries", (float, int, str), descending=True)
_WEBHOOK: Any = Body(
    openapi_examples={
        "everything": {"value": {"url": "https://hooks.example.org/trivet"}},
        "jobs alone": {
            "value": {"url": "https://hooks.example.org/jobs", "topics": ["jobs"], "description": "Tell the team"}
        },
    }
)
_CHANGE: Any = Body(
    openapi_examples={
        "other topics": {"value": {"topics": ["jobs", "models"]}},
        "off": {"value": {"enabled": False}},
    }
)
_ROTATION: Any = Body(openapi_examples={"with a day to change over": {"value": {"hours": 24}}})
# Neither a cache nor the memory for repeated requests may hold a secret.
_NEVER_KEPT = {"Cache-Control": "no-store"}

WebhookId = Annotated[str, Path(pattern="^[0-9A-Za-z_]{1,64}$", description="As `GET /v1/webhooks` shows it.")]
DeliveryId = Annotated[str, Path(pattern="^[0-9A-Za-z_]{1,64}$", description="As the list of deliveries shows it.")]


def webhook_routes(context: Context) -> APIRouter:
    """Webhooks of the caller's tenant; only who administers it may see addresses and send its events elsewhere."""
    router, hub = APIRouter(), context.webhooks
    store = Webhooks(context.database, most=context.settings.max_webhooks)

    def made(webhook: Webhook, response: Response, request: Request) -> WebhookMade:
        response.headers.update(_NEVER_KEPT)
        exchange_of(request.scope).note(webhook=webhook.id)
        return WebhookMade(**show_webhook(webhook), secret=webhook.secrets[0])

    @router.post(
        "/v1/webhooks", status_code=201, summary="Have events sent to an address; its secret is shown this once"
    )
    def create(request: Request, response: Response, caller: Admin, asked: WebhookAsked = _WEBHOOK) -> WebhookMade:
        check_address(asked.url, hub.destinations)
        webhook = store.create(
            caller.tenant, url=asked.url, topics=asked.topics, description=asked.description, actor=actor_of(request)
        )
        return made(webhook, response, request)

    @router.get("/v1/webhooks", summary="Every webhook of the tenant, without its secret")
    def list_webhooks(caller: Admin, asked: PageAsked) -> WebhooksPage:
        window = open_page(asked, _BY_AGE)
        with context.database.of(caller.tenant).reading() as rows:
            found = rows.fetch(select_page(rows.select(webhooks), window, (webhooks.c.created_at, webhooks.c.id)))
        page = close_page(
            found,
            window,
            key=lambda row: (row.created_at, row.id),
            render=lambda row: WebhookShown(**show_webhook(read_webhook(row))),
        )
        return WebhooksPage(**page)

    @router.get("/v1/webhooks/{webhook_id}", summary="One webhook, without its secret")
    def show(caller: Admin, webhook_id: WebhookId) -> WebhookShown:
        return WebhookShown(**show_webhook(store.find(caller.tenant, webhook_id)))

    @router.patch("/v1/webhooks/{webhook_id}", summary="Change a webhook, or switch it off or on")
    def change(request: Request, caller: Admin, webhook_id: WebhookId, asked: WebhookChange = _CHANGE) -> WebhookShown:
        if asked.url is not None:
            check_address(asked.url, hub.destinations)
        given = {"url": asked.url, "topics": asked.topics, "description": asked.description}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if asked.enabled is not None:
            why = "" if asked.enabled else "switched off"
            values |= {"disabled_at": None if asked.enabled else time.time(), "disabled_why": why, "paused_until": 0.0}
        if not values:
            return WebhookShown(**show_webhook(store.find(caller.tenant, webhook_id)))
        changed = store.change(caller.tenant, webhook_id, values, actor=actor_of(request))
        return WebhookShown(**show_webhook(changed))

    @router.delete("/v1/webhooks/{webhook_id}", summary="Remove a webhook and what was to be sent to it")
    def delete(request: Request, caller: Admin, webhook_id: WebhookId) -> WebhookShown:
        return WebhookShown(**show_webhook(store.delete(caller.tenant, webhook_id, actor=actor_of(request))))

    @router.post(
        "/v1/webhooks/{webhook_id}:rotate", summary="Give a webhook a new secret; the old one signs on for a while"
    )
    def rotate(
        request: Request, response: Response, caller: Admin, webhook_id: WebhookId, asked: Rotation = _ROTATION
    ) -> WebhookMade:
        overlap_s = asked.hours * 3600
        turned = store.rotate(caller.tenant, webhook_id, overlap_s=overlap_s, actor=actor_of(request))
        return made(turned, response, request)

    @router.post("/v1/webhooks/{webhook_id}:test", summary="Send a test to a webhook now, and tell what came of it")
    async def test(request: Request, caller: Admin, webhook_id: WebhookId) -> DeliveryShown:
        webhook = await asyncio.to_thread(store.find, caller.tenant, webhook_id)
        delivery = await hub.test(webhook, request_id=exchange_of(request.scope).request_id)
        return DeliveryShown(**show_delivery(delivery))

    @router.get("/v1/webhooks/{webhook_id}/deliveries", summary="What was sent to a webhook, and what became of it")
    def list_deliveries(
        caller: Admin,
        webhook_id: WebhookId,
        asked: PageAsked,
        status: Annotated[Status | None, Query(description="Only those; dead: what was given up.")] = None,
    ) -> DeliveriesPage:
        window = open_page(asked, _DELIVERIES_BY_AGE)
        with context.database.of(caller.tenant).reading() as rows:
            find(rows, webhook_id)
            query = select_deliveries(rows, webhook_id, status)
            key = (deliveries.c.created_at, deliveries.c.sequence, deliveries.c.id)
            found = rows.fetch(select_page(query, window, key))
        page = close_page(
            found,
            window,
            key=lambda row: (row.created_at, row.sequence, row.id),
            render=lambda row: DeliveryShown(**show_delivery(read_delivery(row))),
        )
        return DeliveriesPage(**page)

    @router.post("/v1/webhooks/{webhook_id}/deliveries:redeliver", summary="Send everything again that was given up")
    def redeliver_all(caller: Admin, webhook_id: WebhookId) -> SentAgain:
        def again(rows: Rows) -> int:
            _refuse_disabled(find(rows, webhook_id))
            return send_all_dead_again(rows, webhook_id)

        return SentAgain(redelivered=context.database.of(caller.tenant).write(again))

    @router.get("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", summary="What became of one delivery")
    def show_one(caller: Admin, webhook_id: WebhookId, delivery_id: DeliveryId) -> DeliveryShown:
        found = context.database.of(caller.tenant).read(lambda rows: find_delivery(rows, webhook_id, delivery_id))
        return DeliveryShown(**show_delivery(found))

    @router.post("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}:redeliver", summary="Send a delivery again, now")
    def redeliver(caller: Admin, webhook_id: WebhookId, delivery_id: DeliveryId) -> DeliveryShown:
        def again(rows: Rows) -> Delivery:
            _refuse_disabled(find(rows, webhook_id))
            return send_again(rows, webhook_id, delivery_id)

        return DeliveryShown(**show_delivery(context.database.of(caller.tenant).write(again)))

    return router


def _refuse_disabled(webhook: Webhook) -> None:
    if webhook.disabled_at is not None:
        raise ProblemError(409, "the webhook is switched off; switch it on first.", code="webhook_disabled")
