"""Requests and answers about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trivet_service.moments import moment
from trivet_service.paging import Page
from trivet_service.webhooks.delivery import Delivery, Status
from trivet_service.webhooks.webhook import Webhook

_WEBHOOK: dict[str, Any] = {
    "id": "whk_5f2b6c0e4f7d4c0f9a3d0d9a",
    "url": "https://hooks.example.org/trivet",
    "topics": ["jobs", "models"],
    "description": "Tell the team",
    "state": "enabled",
    "created_at": "2026-11-24T15:00:00Z",
    "disabled_at": None,
    "disabled_why": None,
    "paused_until": None,
    "old_secret_until": None,
}
_DELIVERY: dict[str, Any] = {
    "id": "msg_9a3d0d9a4a3f5b115f2b6c0e4f7d4c0f",
    "webhook_id": "whk_5f2b6c0e4f7d4c0f9a3d0d9a",
    "sequence": 17,
    "type": "job.succeeded",
    "status": "waiting",
    "attempts": 2,
    "created_at": "2026-11-24T15:00:00Z",
    "attempted_at": "2026-11-24T15:00:05Z",
    "next_at": "2026-11-24T15:00:35Z",
    "finished_at": None,
    "response_status": 502,
    "error": "the answer is 502",
}

Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2048)]
Topic = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Topics = Annotated[list[Topic], Field(max_length=20, description="Events of these topics; none: of all.")]
Description = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class WebhookAsked(BaseModel):
    """A webhook to be made."""

    model_config = ConfigDict(extra="forbid")

    url: Url = Field(description="Where events are POSTed; https and public, unless whoever runs the server allows it.")
    topics: Topics = Field(default_factory=list)
    description: Description = Field("", description="For people.")


class WebhookChange(BaseModel):
    """What is to be different about a webhook; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    topics: Topics | None = None
    description: Description | None = None
    enabled: bool | None = Field(None, description="false: it gets nothing; what waits is kept for it.")


class Rotation(BaseModel):
    """How a secret is turned."""

    model_config = ConfigDict(extra="forbid")

    hours: float = Field(24.0, ge=0, le=8760, description="Hours that the old secret signs beside the new one.")


class WebhookShown(BaseModel):
    """A webhook without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WEBHOOK]})

    id: str
    url: str
    topics: list[str]
    description: str
    state: str = Field(description="enabled or disabled")
    created_at: datetime
    disabled_at: datetime | None
    disabled_why: str | None
    paused_until: datetime | None = Field(description="Until when the receiver has asked to be left alone.")
    old_secret_until: datetime | None = Field(description="Until when the secret before the last rotation signs too.")


class WebhookMade(WebhookShown):
    """A webhook with its secret, in the only answer that ever holds it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WEBHOOK | {"secret": "whsec_C2FVsBQIhrsc..."}]})

    secret: str = Field(description="What messages are signed with, in the form of Standard Webhooks.")


class WebhooksPage(Page[WebhookShown]):
    """Some of the tenant's webhooks, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_WEBHOOK], "next_cursor": None}]})


class DeliveryShown(BaseModel):
    """One event on its way to a webhook; `id` is its `webhook-id` in every attempt."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY]})

    id: str
    webhook_id: str
    sequence: int = Field(description="Of the event in GET /v1/stream; 0: a test.")
    type: str
    status: Status = Field(description="waiting, delivered, or dead: given up after the last attempt.")
    attempts: int
    created_at: datetime
    attempted_at: datetime | None
    next_at: datetime | None = Field(description="When it is tried next.")
    finished_at: datetime | None
    response_status: int | None
    error: str | None = Field(description="Why the last attempt failed.")


class DeliveriesPage(Page[DeliveryShown]):
    """Some of what was sent to a webhook, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_DELIVERY], "next_cursor": None}]})


class SentAgain(BaseModel):
    """How many dead deliveries are sent again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"redelivered": 12}]})

    redelivered: int


def show_webhook(webhook: Webhook) -> dict[str, Any]:
    """The fields of a `WebhookShown`."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "topics": list(webhook.topics),
        "description": webhook.description,
        "state": "enabled" if webhook.disabled_at is None else "disabled",
        "created_at": moment(webhook.created_at),
        "disabled_at": moment(webhook.disabled_at),
        "disabled_why": webhook.disabled_why or None,
        "paused_until": moment(webhook.paused_until or None),
        "old_secret_until": moment(webhook.old_secret_until or None),
    }


def show_delivery(delivery: Delivery) -> dict[str, Any]:
    """The fields of a `DeliveryShown`."""
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook,
        "sequence": delivery.sequence,
        "type": delivery.type,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "created_at": moment(delivery.created_at),
        "attempted_at": moment(delivery.attempted_at),
        "next_at": moment(delivery.next_at) if delivery.status == "waiting" else None,
        "finished_at": moment(delivery.finished_at),
        "response_status": delivery.response_status,
        "error": delivery.error or None,
    }
