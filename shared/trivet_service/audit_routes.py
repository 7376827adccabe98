"""`/v1/audit`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from trivet_service.access import Admin
from trivet_service.audit import audit, read_entry, select_entries
from trivet_service.context import Context
from trivet_service.moments import moment
from trivet_service.paging import Order, Page, PageAsked, close_page, open_page, select_page
from trivet_service.storage.rows import Found

_LATEST = Order("audit", (int,), descending=True)
_ENTRY: dict[str, Any] = {
    "sequence": 17,
    "time": "2026-11-24T15:00:00Z",
    "actor": "5f2b6c0e4f",
    "action": "model.promoted",
    "object": "support/4",
    "detail": {"reason": "better on returns"},
    "request_id": "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11",
    "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}

ActionAsked = Annotated[str, Query(pattern="^[a-z._]{0,64}$", description="Only this action, such as key.revoked.")]


class EntryShown(BaseModel):
    """Who did what; entries are numbered from 1 a tenant, and each hash covers the one before."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    sequence: int
    time: datetime
    actor: str = Field(description="The id of a key, `cli:USER`, or `anybody` where no keys are asked for.")
    action: str
    object: str
    detail: dict[str, Any]
    request_id: str = Field(description="Empty: not by a request.")
    hash: str


class AuditPage(Page[EntryShown]):
    """Some entries, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ENTRY], "next_cursor": None}]})


def audit_routes(context: Context) -> APIRouter:
    """The log of the caller's tenant; nothing changes it."""
    router = APIRouter()

    @router.get("/v1/audit", summary="Who promoted, forced, deleted, rotated, exported")
    def list_entries(caller: Admin, asked: PageAsked, action: ActionAsked = "") -> AuditPage:
        window = open_page(asked, _LATEST)
        with context.database.of(caller.tenant).reading() as rows:
            found = rows.fetch(select_page(select_entries(rows, action=action), window, (audit.c.sequence,)))
        return AuditPage(**close_page(found, window, key=lambda row: (row.sequence,), render=_show))

    return router


def _show(row: Found) -> EntryShown:
    entry = read_entry(row)
    return EntryShown(
        sequence=entry.sequence,
        time=moment(entry.time),
        actor=entry.actor,
        action=entry.action,
        object=entry.object,
        detail=dict(entry.detail),
        request_id=entry.request_id,
        hash=entry.hash,
    )
