"""Requests and answers about keys and tenants."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from trivet_service.keys import Key, Scope, State
from trivet_service.moments import moment
from trivet_service.paging import Page
from trivet_service.tenants import NAME, Tenant

_KEY: dict[str, Any] = {
    "id": "5f2b6c0e4f",
    "tenant": "acme",
    "name": "shop",
    "scopes": ["read", "write"],
    "state": "valid",
    "created_at": "2026-11-24T15:00:00Z",
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": "2026-11-24T15:20:00Z",
    "replaced_by": None,
}
_TENANT: dict[str, Any] = {
    "tenant": "acme",
    "name": "Acme Ltd.",
    "state": "open",
    "created_at": "2026-11-24T15:00:00Z",
    "closed_at": None,
}

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
TenantName = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]


class KeyAsked(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Whose key it is, for people.")
    scopes: list[Scope] = Field(
        min_length=1, max_length=4, description="What it may do: read answers, write, train; admin: everything."
    )
    expires_at: AwareDatetime | None = Field(None, description="When it ends by itself; null: never.")


class Rotation(BaseModel):
    """How a key is turned."""

    model_config = ConfigDict(extra="forbid")

    hours: float = Field(0.0, ge=0, le=8760, description="Hours that the old key goes on beside the new one.")


class KeyShown(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    id: str
    tenant: str
    name: str
    scopes: list[str]
    state: State
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Up to a minute late.")
    replaced_by: str | None = Field(description="The key that came out of its rotation.")


class KeyMade(KeyShown):
    """A new key, with the only answer that ever holds its text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY | {"key": "trivet_5f2b6c0e4f_..."}]})

    key: str = Field(description="Send it as `X-API-Key`. It is kept nowhere.")


class KeysPage(Page[KeyShown]):
    """Some of the tenant's keys, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_KEY], "next_cursor": None}]})


class TenantAsked(BaseModel):
    """A tenant to be made."""

    model_config = ConfigDict(extra="forbid")

    tenant: TenantName = Field(description="Stands in paths; cannot be changed.")
    name: Name | None = Field(None, description="What people call it.")


class TenantShown(BaseModel):
    """A tenant; while it is closed its keys open nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TENANT]})

    tenant: str
    name: str
    state: str
    created_at: datetime
    closed_at: datetime | None


class TenantsPage(Page[TenantShown]):
    """Some tenants, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_TENANT], "next_cursor": None}]})


def show_key(key: Key) -> dict[str, Any]:
    """The fields of a `KeyShown`."""
    return {
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "scopes": list(key.scopes),
        "state": key.state(time.time()),
        "created_at": moment(key.created_at),
        "expires_at": moment(key.expires_at),
        "revoked_at": moment(key.revoked_at),
        "last_used_at": moment(key.last_used_at),
        "replaced_by": key.replaced_by or None,
    }


def show_tenant(tenant: Tenant) -> dict[str, Any]:
    """The fields of a `TenantShown`."""
    return {
        "tenant": tenant.tenant,
        "name": tenant.name,
        "state": "open" if tenant.closed_at is None else "closed",
        "created_at": moment(tenant.created_at),
        "closed_at": moment(tenant.closed_at),
    }
