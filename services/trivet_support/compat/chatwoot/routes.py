"""`/v1/integrations/chatwoot`: how a tenant is connected; `/integrations/chatwoot/webhook`: what Chatwoot sends."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request

from trivet_service.access import Admin
from trivet_service.audit import actor_of
from trivet_service.exchange import exchange_of
from trivet_service.problems import ProblemError
from trivet_service.webhooks.address import check_address
from trivet_support.compat.chatwoot.agent import Agent
from trivet_support.compat.chatwoot.incoming import Passed, account_of, read_webhook
from trivet_support.compat.chatwoot.integration import Integration, Integrations
from trivet_support.compat.chatwoot.queue import count_by_status, last_error, take_in
from trivet_support.compat.chatwoot.schemas import ChatwootAsked, ChatwootShown, WebhookTaken, show_integration
from trivet_support.compat.chatwoot.signature import is_fresh, is_signed

if TYPE_CHECKING:
    from trivet_service.context import Context
    from trivet_support.responder import Responder

_PATH = "/v1/integrations/chatwoot"
_ASKED: Any = Body(
    openapi_examples={
        "one inbox": {
            "value": {
                "url": "https://chatwoot.example.org",
                "account_id": 1,
                "inbox_ids": [3],
                "access_token": "v5hXJ6Ck1dzWqmDH",
                "secret": "p4ybSnX2u9FHkRtE",
            }
        }
    }
)
_UNSIGNED = "no integration of this account has signed this."
_MAX_ID = 200
# Secrets that are tried on a webhook whose path names no tenant: each costs a look at the whole body.
_MOST_SIGNERS = 100
_SENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {
                    "event": "message_created",
                    "id": 12,
                    "content": "where is my order",
                    "message_type": "incoming",
                    "private": False,
                    "inbox": {"id": 3},
                    "conversation": {"id": 33, "status": "pending"},
                    "account": {"id": 1},
                },
            }
        },
    }
}


def chatwoot_routes(context: Context, responder: Responder) -> APIRouter:
    """The routes, and the agent that answers while the app runs."""
    store = Integrations(context.database)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with Agent(context, responder).running():
            yield

    router = APIRouter(lifespan=lifespan)

    def shown(request: Request, found: Integration) -> ChatwootShown:
        rows_of = context.database.of(found.tenant)
        webhook = f"{request.scope.get('root_path', '')}/integrations/chatwoot/{found.tenant}/webhook"
        counts, error = rows_of.read(lambda rows: (count_by_status(rows), last_error(rows)))
        return show_integration(found, webhook=webhook, counts=counts, error=error)

    @router.put(_PATH, summary="Be the agent bot of an account of Chatwoot, in place of the one before")
    def put(request: Request, caller: Admin, asked: ChatwootAsked = _ASKED) -> ChatwootShown:
        check_address(asked.url, context.webhooks.destinations)
        made = Integration(
            tenant=caller.tenant,
            url=asked.url.rstrip("/"),
            account_id=asked.account_id,
            inbox_ids=tuple(asked.inbox_ids),
            note=asked.note,
            label=asked.label,
            changed_at=0.0,
            access_token=asked.access_token,
            secret=asked.secret,
        )
        return shown(request, store.put(made, actor=actor_of(request)))

    @router.get(_PATH, summary="The integration with Chatwoot, without its secrets, and what waits")
    def show(request: Request, caller: Admin) -> ChatwootShown:
        return shown(request, store.find(caller.tenant))

    @router.delete(_PATH, status_code=204, summary="End the integration with Chatwoot, and drop what waits")
    def delete(request: Request, caller: Admin) -> None:
        store.delete(caller.tenant, actor=actor_of(request))

    @router.post(
        "/integrations/chatwoot/{tenant}/webhook",
        status_code=202,
        summary="What Chatwoot sends to its agent bot; signed, so it needs no key",
        openapi_extra=_SENT,
    )
    async def hear_for_tenant(request: Request, tenant: str) -> WebhookTaken:
        return await asyncio.to_thread(hear, request, await request.body(), tenant)

    @router.post(
        "/integrations/chatwoot/webhook",
        status_code=202,
        summary="The same where the account alone says whose it is: the tenant whose secret has signed it",
        openapi_extra=_SENT,
    )
    async def hear_for_anybody(request: Request) -> WebhookTaken:
        return await asyncio.to_thread(hear, request, await request.body(), "")

    def hear(request: Request, body: bytes, tenant: str) -> WebhookTaken:
        payload = _read(body)
        account, timestamp = account_of(payload), request.headers.get("x-chatwoot-timestamp", "")
        signature = request.headers.get("x-chatwoot-signature", "")
        candidates = store.of_account(account, tenant=tenant, most=_MOST_SIGNERS) if account is not None else []
        signers = [
            one for one in candidates if is_signed(body, secret=one.secret, timestamp=timestamp, signature=signature)
        ]
        if not signers:
            raise ProblemError(401, _UNSIGNED, code="bad_signature")
        if not is_fresh(timestamp, now=time.time()):
            raise ProblemError(401, "the timestamp is not about now.", code="stale_signature")
        [integration] = signers[:1]
        exchange_of(request.scope).note(tenant=integration.tenant)
        return _take(request, payload, integration)

    def _take(request: Request, payload: dict[str, Any], integration: Integration) -> WebhookTaken:
        incoming = read_webhook(payload, inbox_ids=integration.inbox_ids)
        if isinstance(incoming, Passed):
            return WebhookTaken(status="ignored", why=incoming.why)
        delivery = request.headers.get("x-chatwoot-delivery", "")[:_MAX_ID]
        taken = context.database.of(integration.tenant).write(
            lambda rows: take_in(
                rows,
                incoming,
                delivery=delivery,
                is_choice=payload["event"] == "message_updated",
                request_id=exchange_of(request.scope).request_id,
                most=context.settings.chatwoot_waiting,
            )
        )
        return WebhookTaken(status="ignored", why=taken) if taken == "handed over" else WebhookTaken(status=taken)

    return router


def _read(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProblemError(400, "the body is not valid JSON.", code="invalid_json") from error
    if not isinstance(payload, dict):
        raise ProblemError(400, "the body is no JSON object.", code="invalid_json")
    return payload
