"""An address that a tenant's events are sent to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trivet_service.audit import Actor, hold_log, record
from trivet_service.keys import AccessError, UnknownError
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Found, Rows
from trivet_service.streams.event import Event
from trivet_service.webhooks.signing import make_secret
from trivet_service.webhooks.tables import deliveries, webhooks

# What happens to webhooks is told in streams only: of two that fail, each would cause events for the other.
OWN_TOPIC = "webhooks"


class TooManyWebhooksError(AccessError):
    """A tenant has as many as it may."""


@dataclass(frozen=True)
class Webhook:
    """`topics` none: all of them; `secrets` sign what is sent, the newest first. Times are seconds since 1970."""

    tenant: str
    id: str
    url: str
    topics: tuple[str, ...]
    description: str
    created_at: float
    disabled_at: float | None
    disabled_why: str
    paused_until: float
    old_secret_until: float
    secrets: tuple[str, ...] = field(repr=False)

    def takes(self, event: Event) -> bool:
        """Whether it is sent the event."""
        return event.topic != OWN_TOPIC and (not self.topics or event.topic in self.topics)


class Webhooks:
    """The webhooks of a database; every change of them is in the audit log of its tenant. All of it blocks."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most

    def create(self, tenant: str, *, url: str, topics: Sequence[str], description: str, actor: Actor) -> Webhook:
        """A new webhook with its secret.

        Raises:
            TooManyWebhooksError: the tenant has as many as it may.
        """
        webhook_id = f"whk_{uuid.uuid4().hex[:24]}"
        row = {
            "id": webhook_id,
            "url": url,
            "topics": list(topics),
            "description": description,
            "secret": make_secret(),
            "old_secret": "",
            "old_secret_until": 0.0,
            "created_at": time.time(),
            "disabled_at": None,
            "disabled_why": "",
            "paused_until": 0.0,
            "turn": "",
            "turn_until": 0.0,
            "served_at": 0.0,
        }

        def add(rows: Rows) -> Webhook:
            record(rows, actor, "webhook.created", webhook_id)
            if rows.count(webhooks) >= self._most:
                raise TooManyWebhooksError(
                    f"the tenant has {self._most} webhooks.", todo="Delete one, or change its topics."
                )
            rows.insert(webhooks, [row])
            return find(rows, webhook_id)

        return self._database.of(tenant).write(add)

    def change(self, tenant: str, webhook_id: str, values: Mapping[str, Any], *, actor: Actor) -> Webhook:
        """The webhook with other values in its columns.

        Raises:
            UnknownError: the tenant has none of that id.
        """

        return self._change(tenant, webhook_id, lambda _: values, actor)

    def rotate(self, tenant: str, webhook_id: str, *, overlap_s: float, actor: Actor) -> Webhook:
        """The webhook with a new secret; the old one signs beside it for so many seconds. Raises as `change`."""

        def turn(found: Webhook) -> Mapping[str, Any]:
            until = time.time() + overlap_s
            return {"secret": make_secret(), "old_secret": found.secrets[0], "old_secret_until": until}

        return self._change(tenant, webhook_id, turn, actor)

    def delete(self, tenant: str, webhook_id: str, *, actor: Actor) -> Webhook:
        """The webhook that was, with all of its deliveries. Raises as `change`."""

        def remove(rows: Rows) -> Webhook:
            hold_log(rows)
            found = find(rows, webhook_id)
            record(rows, actor, "webhook.deleted", webhook_id)
            rows.delete(deliveries, deliveries.c.webhook == webhook_id)
            rows.delete(webhooks, webhooks.c.id == webhook_id)
            return found

        return self._database.of(tenant).write(remove)

    def find(self, tenant: str, webhook_id: str) -> Webhook:
        """The webhook of that id. Raises as `change`."""
        return self._database.of(tenant).read(lambda rows: find(rows, webhook_id))

    def _change(
        self, tenant: str, webhook_id: str, make: Callable[[Webhook], Mapping[str, Any]], actor: Actor
    ) -> Webhook:
        def apply(rows: Rows) -> Webhook:
            hold_log(rows)
            values = make(find(rows, webhook_id))
            record(rows, actor, "webhook.changed", webhook_id, {"changed": sorted(values)})
            rows.update(webhooks, values, webhooks.c.id == webhook_id)
            return find(rows, webhook_id)

        return self._database.of(tenant).write(apply)


def find(rows: Rows, webhook_id: str) -> Webhook:
    """A webhook of the rows' tenant. Raises UnknownError."""
    row = rows.first(rows.select(webhooks).where(webhooks.c.id == webhook_id))
    if row is None:
        raise UnknownError(f"there is no webhook {webhook_id!r}.", todo="GET /v1/webhooks lists them.")
    return read_webhook(row)


def read_webhook(row: Found) -> Webhook:
    """The webhook that a row holds, with the secrets that sign now."""
    is_old_valid = row.old_secret and row.old_secret_until > time.time()
    return Webhook(
        tenant=row.tenant,
        id=row.id,
        url=row.url,
        topics=tuple(row.topics),
        description=row.description,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_why=row.disabled_why,
        paused_until=row.paused_until,
        old_secret_until=row.old_secret_until,
        secrets=(row.secret, row.old_secret) if is_old_valid else (row.secret,),
    )
