"""One event on its way to one webhook."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement

from trivet_service.keys import UnknownError
from trivet_service.storage.rows import Found, Query, Rows
from trivet_service.streams.event import Event
from trivet_service.webhooks.tables import deliveries, webhooks
from trivet_service.webhooks.webhook import read_webhook

# What is announced (`Database.listening`) once something is to be sent.
QUEUED = "deliveries"

Status: TypeAlias = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True)
class Delivery:
    """`attempts` so far, the next at `next_at` while it waits; `error` is why the last one failed."""

    tenant: str
    id: str
    webhook: str
    sequence: int
    type: str
    body: str
    created_at: float
    status: Status
    attempts: int
    next_at: float
    attempted_at: float | None = None
    response_status: int | None = None
    error: str = ""
    finished_at: float | None = None


def make_delivery(tenant: str, webhook: str, *, sequence: int, kind: str, body: str, now: float) -> Delivery:
    """A delivery that may be sent now; its id is the same in every attempt, so that a receiver can tell them."""
    return Delivery(
        tenant, f"msg_{uuid.uuid4().hex}", webhook, sequence, kind, body, now, status="waiting", attempts=0, next_at=now
    )


def enqueue(rows: Rows, numbered: Sequence[tuple[str, Event]]) -> None:
    """Have events sent to the webhooks that take them, in the transaction that numbers the events: each exactly once.

    `rows` are everyone's.
    """
    tenants = {tenant for tenant, _ in numbered}
    query = rows.select(webhooks).where(webhooks.c.tenant.in_(tenants), webhooks.c.disabled_at.is_(None))
    takers = [read_webhook(row) for row in rows.fetch(query)]
    now = time.time()
    made = [
        make_delivery(tenant, taker.id, sequence=event.sequence, kind=event.type, body=event.body(), now=now)
        for tenant, event in numbered
        for taker in takers
        if taker.tenant == tenant and taker.takes(event)
    ]
    if made:
        rows.insert(deliveries, [write_delivery(one) for one in made])
        rows.announce(QUEUED)


def find_delivery(rows: Rows, webhook_id: str, delivery_id: str) -> Delivery:
    """A delivery of a webhook of the rows' tenant. Raises UnknownError."""
    row = rows.first(rows.select(deliveries).where(*_is(webhook_id, delivery_id)))
    if row is None:
        raise UnknownError(f"webhook {webhook_id!r} has no delivery {delivery_id!r}.")
    return read_delivery(row)


def send_again(rows: Rows, webhook_id: str, delivery_id: str) -> Delivery:
    """The delivery, which is sent as if for the first time. Raises UnknownError."""
    find_delivery(rows, webhook_id, delivery_id)
    rows.update(deliveries, _anew(), *_is(webhook_id, delivery_id))
    rows.announce(QUEUED)
    return find_delivery(rows, webhook_id, delivery_id)


def send_all_dead_again(rows: Rows, webhook_id: str) -> int:
    """Send everything again that a webhook never took; how much it is."""
    count = rows.update(deliveries, _anew(), deliveries.c.webhook == webhook_id, deliveries.c.status == "dead")
    rows.announce(QUEUED)
    return count


def select_deliveries(rows: Rows, webhook_id: str, status: Status | None) -> Query:
    """A query of what was sent to a webhook; the caller orders it."""
    query = rows.select(deliveries).where(deliveries.c.webhook == webhook_id)
    return query if status is None else query.where(deliveries.c.status == status)


def next_due(rows: Rows, webhook_id: str, *, now: float) -> Delivery | None:
    """The delivery of a webhook of the rows' tenant whose time came first; None: there is none."""
    query = rows.select(deliveries).where(
        deliveries.c.webhook == webhook_id, deliveries.c.status == "waiting", deliveries.c.next_at <= now
    )
    row = rows.first(query.order_by(deliveries.c.next_at, deliveries.c.sequence))
    return read_delivery(row) if row else None


def prune_deliveries(rows: Rows, *, before: float) -> int:
    """Remove the deliveries that are older, whatever became of them; `rows` are everyone's."""
    return rows.delete(deliveries, deliveries.c.created_at < before) if rows.try_lock("delivery pruning") else 0


def read_delivery(row: Found) -> Delivery:
    """The delivery that a row holds."""
    return Delivery(**{name: getattr(row, name) for name in Delivery.__dataclass_fields__})


def write_delivery(delivery: Delivery) -> dict[str, object]:
    """The row that holds a delivery."""
    return {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}


def _is(webhook_id: str, delivery_id: str) -> tuple[ColumnElement[bool], ...]:
    return (deliveries.c.webhook == webhook_id, deliveries.c.id == delivery_id)


def _anew() -> dict[str, object]:
    return {"status": "waiting", "attempts": 0, "next_at": time.time(), "finished_at": None}
