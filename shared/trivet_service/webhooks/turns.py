"""Whose turn it is: one sender at a time serves a webhook, whichever process it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, tuple_

from trivet_service import outbox
from trivet_service.audit import Actor, hold_log, record
from trivet_service.storage.rows import Rows
from trivet_service.webhooks.attempt import Outcome
from trivet_service.webhooks.delivery import Delivery, next_due
from trivet_service.webhooks.tables import deliveries, webhooks
from trivet_service.webhooks.webhook import OWN_TOPIC, Webhook, read_webhook

# Who switches a webhook off whose receiver says that it is gone.
_ITSELF = Actor("webhooks")


@dataclass(frozen=True)
class Turn:
    """The right to send to a webhook, until it is given back or runs out; `token` tells it from other turns."""

    token: str
    tenant: str
    webhook: str


@dataclass(frozen=True)
class Errand:
    """What is to be sent next in a turn, and where."""

    turn: Turn
    webhook: Webhook
    delivery: Delivery


def find_waiting(rows: Rows, *, now: float, most: int) -> list[tuple[str, str]]:
    """Webhooks, by tenant and id, that something is due for and nobody serves; whom nobody served longest first.

    `rows` are everyone's.
    """
    due = rows.select(deliveries, deliveries.c.id).where(
        deliveries.c.tenant == webhooks.c.tenant,
        deliveries.c.webhook == webhooks.c.id,
        deliveries.c.status == "waiting",
        deliveries.c.next_at <= now,
    )
    query = rows.select(webhooks, webhooks.c.tenant, webhooks.c.id).where(*_is_free(now), due.exists())
    return [(row.tenant, row.id) for row in rows.fetch(query.order_by(webhooks.c.served_at).limit(most))]


def take_turns(rows: Rows, pairs: Sequence[tuple[str, str]], *, token: str, now: float, until: float) -> list[Turn]:
    """A turn for each of the webhooks that nobody else has taken meanwhile; `rows` are everyone's."""
    query = rows.select(webhooks).where(tuple_(webhooks.c.tenant, webhooks.c.id).in_(pairs), *_is_free(now))
    taken = [Turn(token, row.tenant, row.id) for row in rows.claim(query)]
    for turn in taken:
        mine = (webhooks.c.tenant == turn.tenant, webhooks.c.id == turn.webhook)
        rows.update(webhooks, {"turn": token, "turn_until": until, "served_at": now}, *mine)
    return taken


def next_errand(rows: Rows, turn: Turn, *, now: float, until: float) -> Errand | None:
    """What is to be sent now; None where nothing is due, or the turn is over: then it is given back."""
    row = rows.first(rows.select(webhooks).where(*_is(turn), *_may_send(now)))
    delivery = next_due(rows, turn.webhook, now=now) if row else None
    if row is None or delivery is None:
        give_back(rows, turn)
        return None
    rows.update(webhooks, {"turn_until": until}, *_is(turn))
    return Errand(turn, read_webhook(row), delivery)


def give_back(rows: Rows, turn: Turn) -> None:
    """End the turn, unless it has run out and is another's."""
    rows.update(webhooks, {"turn": "", "turn_until": 0.0}, *_is(turn))


def note_outcome(rows: Rows, errand: Errand, outcome: Outcome, *, now: float, wait_s: float | None) -> None:
    """Write down what came of an attempt; `wait_s` None: it was the last one, unless the receiver has the message.

    Of a turn that has run out only a success counts: who has it now tries again.
    """
    tried = errand.delivery
    if outcome.is_gone:
        hold_log(rows)
    is_mine = rows.first(rows.select(webhooks, webhooks.c.id).where(*_is(errand.turn))) is not None
    if not is_mine and not outcome.is_delivered:
        return
    is_dead = not outcome.is_delivered and (wait_s is None or outcome.is_gone)
    values = {
        "status": "delivered" if outcome.is_delivered else "dead" if is_dead else "waiting",
        "attempts": tried.attempts + 1,
        "next_at": now + (wait_s or 0.0),
        "attempted_at": now,
        "response_status": outcome.response_status,
        "error": outcome.error,
        "finished_at": now if outcome.is_delivered or is_dead else None,
    }
    still_waits = (deliveries.c.id == tried.id, deliveries.c.status == "waiting")
    if rows.update(deliveries, values, *still_waits) and is_dead:
        told = {"delivery": tried.id, "sequence": tried.sequence, "type": tried.type, "error": outcome.error}
        outbox.put(rows, OWN_TOPIC, "delivery.dead", told, subject=tried.webhook)
    if outcome.is_gone:
        record(rows, _ITSELF, "webhook.changed", tried.webhook, {"disabled": outcome.error})
        rows.update(webhooks, {"disabled_at": now, "disabled_why": outcome.error}, *_is(errand.turn))
        outbox.put(rows, OWN_TOPIC, "webhook.disabled", {"why": outcome.error}, subject=tried.webhook)
    elif outcome.asked_s:
        rows.update(webhooks, {"paused_until": now + outcome.asked_s}, *_is(errand.turn))


def find_lag_s(rows: Rows, *, now: float) -> float:
    """Seconds that the oldest delivery which is due has waited beyond its time; `rows` are everyone's."""
    on = (deliveries.c.tenant == webhooks.c.tenant) & (deliveries.c.webhook == webhooks.c.id)
    query = rows.join(rows.select(deliveries, func.min(deliveries.c.next_at)), webhooks, on)
    row = rows.first(query.where(deliveries.c.status == "waiting", *_may_send(now)))
    return max(0.0, now - row[0]) if row is not None and row[0] is not None else 0.0


def _is(turn: Turn) -> tuple[ColumnElement[bool], ...]:
    return (webhooks.c.id == turn.webhook, webhooks.c.turn == turn.token)


def _may_send(now: float) -> tuple[ColumnElement[bool], ...]:
    return (webhooks.c.disabled_at.is_(None), webhooks.c.paused_until <= now)


def _is_free(now: float) -> tuple[ColumnElement[bool], ...]:
    return (*_may_send(now), webhooks.c.turn_until <= now)
