"""Requests and answers about the integration with Chatwoot."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trivet_service.moments import moment
from trivet_support.compat.chatwoot.integration import Integration

_SHOWN: dict[str, Any] = {
    "url": "https://chatwoot.example.org",
    "account_id": 1,
    "inbox_ids": [3],
    "note": True,
    "label": True,
    "webhook": "/integrations/chatwoot/acme/webhook",
    "changed_at": "2026-11-24T15:00:00Z",
    "waiting": 0,
    "dead": 0,
    "last_error": None,
}

Secret = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=512, pattern=r"^[!-~]+$")]


class ChatwootAsked(BaseModel):
    """An account of Chatwoot whose agent bot this is."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2048)] = Field(
        description="Where Chatwoot is; https and public, unless whoever runs the server allows it."
    )
    account_id: int = Field(ge=1, lt=2**62, description="The number in Chatwoot's addresses: /app/accounts/1.")
    inbox_ids: list[int] = Field(default_factory=list, max_length=1000, description="These alone; none: all of them.")
    access_token: Secret = Field(description="Of the agent bot; sent as `api_access_token`, and never shown.")
    secret: Secret = Field(description="Of the agent bot: what it signs webhooks with; never shown.")
    note: bool = Field(default=True, description="Whether people get a private note with a hand-over.")
    label: bool = Field(default=True, description="Whether a conversation gets its intent as a label, `intent-...`.")


class ChatwootShown(BaseModel):
    """The integration without its token and its secret, and how the messages of its customers stand."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    url: str
    account_id: int
    inbox_ids: list[int]
    note: bool
    label: bool
    webhook: str = Field(description="Where the agent bot's webhook URL has to lead: this path of the server.")
    changed_at: datetime
    waiting: int = Field(description="Messages that are to be answered.")
    dead: int = Field(description="Messages that Chatwoot never took an answer to.")
    last_error: str | None = Field(description="Why the last of those were not answered yet.")


class WebhookTaken(BaseModel):
    """What becomes of a webhook of Chatwoot."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "accepted", "why": None}]})

    status: Literal["accepted", "duplicate", "ignored"]
    why: str | None = Field(None, description="Why it is ignored.")


def show_integration(found: Integration, *, webhook: str, counts: dict[str, int], error: str) -> ChatwootShown:
    """The integration as it goes out."""
    return ChatwootShown(
        url=found.url,
        account_id=found.account_id,
        inbox_ids=list(found.inbox_ids),
        note=found.note,
        label=found.label,
        webhook=webhook,
        changed_at=moment(found.changed_at),
        waiting=counts.get("waiting", 0),
        dead=counts.get("dead", 0),
        last_error=error or None,
    )
