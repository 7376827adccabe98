"""`/v1/keys` and `/v1/tenants`: what `trivet keys` and `trivet tenants` do, for an administrator elsewhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request, Response

from trivet_service.access import Admin, Operator
from trivet_service.access_schemas import (
    KeyAsked,
    KeyMade,
    KeyShown,
    KeysPage,
    Rotation,
    TenantAsked,
    TenantShown,
    TenantsPage,
    show_key,
    show_tenant,
)
from trivet_service.audit import actor_of
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.key_store import Keys, keys, read_key, select_keys
from trivet_service.keys import Key
from trivet_service.paging import Order, PageAsked, close_page, open_page, select_page
from trivet_service.storage.rows import Found
from trivet_service.tenants import Tenants, read_tenant, select_tenants, tenants

_BY_AGE = Order("keys", (float, str), descending=True)
_BY_NAME = Order("tenants", (str,))
_KEY: Any = Body(
    openapi_examples={
        "a shop": {"value": {"name": "shop", "scopes": ["read", "write"]}},
        "for a while": {"value": {"name": "visitor", "scopes": ["read"], "expires_at": "2036-01-01T00:00:00Z"}},
    }
)
_ROTATION: Any = Body(
    openapi_examples={"at once": {"value": {}}, "with a day to change over": {"value": {"hours": 24}}}
)
_TENANT: Any = Body(openapi_examples={"one": {"value": {"tenant": "acme", "name": "Acme Ltd."}}})
# Neither a cache nor the memory for repeated requests may hold the text of a key.
_NEVER_KEPT = {"Cache-Control": "no-store"}

KeyId = Annotated[str, Path(pattern="^[0-9A-Za-z]{1,64}$", description="As `GET /v1/keys` shows it.")]
TenantName = Annotated[str, Path(pattern="^[^\\x00]{1,200}$", description="As `GET /v1/tenants` shows it.")]


def key_routes(context: Context) -> APIRouter:
    """Keys of the caller's tenant; this process follows every change at once, others within a second."""
    router, store, doorkeeper = APIRouter(), Keys(context.database), context.doorkeeper

    def made(key: Key, presented: str, response: Response, request: Request) -> KeyMade:
        doorkeeper.notice()
        response.headers.update(_NEVER_KEPT)
        exchange_of(request.scope).note(made=key.id)
        return KeyMade(**show_key(key), key=presented)

    @router.post("/v1/keys", status_code=201, summary="Make a key; its text is shown this once")
    def create(request: Request, response: Response, caller: Admin, asked: KeyAsked = _KEY) -> KeyMade:
        expires_at = asked.expires_at.timestamp() if asked.expires_at else None
        key, presented = store.create(
            caller.tenant, name=asked.name, scopes=asked.scopes, actor=actor_of(request), expires_at=expires_at
        )
        return made(key, presented, response, request)

    @router.get("/v1/keys", summary="Every key of the tenant, without its secret")
    def list_keys(caller: Admin, asked: PageAsked) -> KeysPage:
        window = open_page(asked, _BY_AGE)
        with context.database.of(caller.tenant).reading() as rows:
            found = rows.fetch(select_page(select_keys(rows), window, (keys.c.created_at, keys.c.id)))
        page = close_page(found, window, key=lambda row: (row.created_at, row.id), render=_show_key)
        return KeysPage(**page)

    @router.post("/v1/keys/{key_id}:rotate", summary="Make a key with the rights of an old one, which ends")
    def rotate(
        request: Request, response: Response, caller: Admin, key_id: KeyId, asked: Rotation = _ROTATION
    ) -> KeyMade:
        key, presented = store.rotate(caller.tenant, key_id, actor=actor_of(request), overlap_s=asked.hours * 3600)
        return made(key, presented, response, request)

    @router.post("/v1/keys/{key_id}:revoke", summary="End a key")
    def revoke(request: Request, caller: Admin, key_id: KeyId) -> KeyShown:
        key = store.revoke(caller.tenant, key_id, actor=actor_of(request))
        doorkeeper.notice()
        return KeyShown(**show_key(key))

    return router


def tenant_routes(context: Context) -> APIRouter:
    """Tenants; only operators change them, others see their own."""
    router, store = APIRouter(), Tenants(context.database)

    @router.post("/v1/tenants", status_code=201, summary="Make a tenant")
    def create(request: Request, caller: Operator, asked: TenantAsked = _TENANT) -> TenantShown:
        made = store.create(asked.tenant, name=asked.name or "", actor=actor_of(request))
        return TenantShown(**show_tenant(made))

    @router.get("/v1/tenants", summary="Every tenant; the own one for who is no operator")
    def list_tenants(caller: Admin, asked: PageAsked) -> TenantsPage:
        window = open_page(asked, _BY_NAME)
        # Whom there is, is all that an operator sees of tenants that he has not named.
        owner = context.database.everyone() if caller.is_operator else context.database.of(caller.tenant)
        with owner.reading() as rows:
            found = rows.fetch(select_page(select_tenants(rows), window, (tenants.c.tenant,)))
        return TenantsPage(**close_page(found, window, key=lambda row: (row.tenant,), render=_show_tenant))

    @router.delete("/v1/tenants/{tenant}", summary="Close a tenant: its keys open nothing, its data stay")
    def close(request: Request, caller: Operator, tenant: TenantName) -> TenantShown:
        closed = store.close(tenant, actor=actor_of(request))
        context.doorkeeper.notice()
        return TenantShown(**show_tenant(closed))

    @router.post("/v1/tenants/{tenant}:reopen", summary="Let the keys of a closed tenant open again")
    def reopen(request: Request, caller: Operator, tenant: TenantName) -> TenantShown:
        opened = store.reopen(tenant, actor=actor_of(request))
        context.doorkeeper.notice()
        return TenantShown(**show_tenant(opened))

    return router


def _show_key(row: Found) -> KeyShown:
    return KeyShown(**show_key(read_key(row)))


def _show_tenant(row: Found) -> TenantShown:
    return TenantShown(**show_tenant(read_tenant(row)))
