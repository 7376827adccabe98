"""Messages that wait for an answer: each taken in once, worked on by one process at a time, in order a conversation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, exists, func

from trivet.errors import OverloadError
from trivet_service import outbox
from trivet_service.storage.rows import Found, Query, Rows
from trivet_support.compat.chatwoot.incoming import Incoming
from trivet_support.compat.chatwoot.step import Step, read_steps, write_steps
from trivet_support.compat.chatwoot.tables import messages, seen

# What is announced (`Database.listening`) once a message waits.
QUEUED = "chatwoot"
# Seconds after a hand-over in which a webhook may still say that the conversation is the bot's: it was made before.
_STALE_S = 10.0
# Seconds after which those who were refused may come again.
_COME_AGAIN_S = 5.0

Taken: TypeAlias = Literal["accepted", "duplicate", "handed over"]


@dataclass(frozen=True)
class Errand:
    """A message that this process works on, as long as it holds it under `owner`; `steps` None: not thought about."""

    tenant: str
    number: int
    owner: str
    request_id: str
    attempts: int
    incoming: Incoming
    steps: tuple[Step, ...] | None


def take_in(rows: Rows, incoming: Incoming, *, delivery: str, is_choice: bool, request_id: str, most: int) -> Taken:
    """Queue a message of the rows' tenant, unless its delivery or itself has come before.

    Raises:
        OverloadError: so many of the tenant wait; nothing is noted, so it may come again.
    """
    now = time.time()
    kind = "choice" if is_choice else "message"
    keys = [f"{kind} {incoming.message}", *([f"delivery {delivery}"] if delivery else [])]
    new = rows.insert_new(seen, [{"key": key, "time": now} for key in keys], key=("tenant", "key"), returning="key")
    if len(new) < len(keys):
        return "duplicate"
    of_conversation = messages.c.conversation == incoming.conversation
    if rows.count(messages, of_conversation, messages.c.handed_at > now - _STALE_S):
        return "handed over"
    if rows.count(messages, messages.c.status == "waiting") >= most:
        raise OverloadError(f"{most} messages wait for an answer.", retry_after=_COME_AGAIN_S)
    row = {
        "number": time.time_ns(),
        "message": incoming.message,
        "conversation": incoming.conversation,
        "body": incoming.to_json(),
        "steps": None,
        "request_id": request_id,
        "received_at": now,
        "status": "waiting",
        "attempts": 0,
        "next_at": now,
        "owner": "",
        "owner_until": 0.0,
        "error": "",
        "handed_at": None,
        "finished_at": None,
    }
    rows.insert(messages, [row])
    rows.announce(QUEUED)
    return "accepted"


def is_any_due(rows: Rows) -> bool:
    """Whether there is something to work on; `rows` are everyone's."""
    return rows.first(_due(rows, now=time.time())) is not None


def claim_errands(rows: Rows, *, owner: str, lease_s: float, most: int) -> list[Errand]:
    """What may be worked on now and nobody works on: of every conversation the oldest; `rows` are everyone's."""
    now = time.time()
    query = _due(rows, now=now).order_by(messages.c.next_at)
    taken = [_read(row, owner=owner) for row in rows.claim(query.limit(most))]
    for errand in taken:
        mine = (messages.c.tenant == errand.tenant, messages.c.number == errand.number)
        rows.update(messages, {"owner": owner, "owner_until": now + lease_s}, *mine)
    return taken


def _due(rows: Rows, *, now: float) -> Query:
    before = messages.alias()
    is_first = ~exists().where(
        before.c.tenant == messages.c.tenant,
        before.c.conversation == messages.c.conversation,
        before.c.status == "waiting",
        before.c.number < messages.c.number,
    )
    return rows.select(messages).where(
        messages.c.status == "waiting", messages.c.next_at <= now, messages.c.owner_until <= now, is_first
    )


def keep_steps(rows: Rows, errand: Errand, steps: Sequence[Step], *, lease_s: float) -> bool:
    """Note how far an errand is, before and after each step; False: it is another's by now."""
    values: dict[str, Any] = {"steps": write_steps(steps), "owner_until": time.time() + lease_s}
    if any(step.kind == "open" and step.state == "done" for step in steps):
        values["handed_at"] = time.time()
    return bool(rows.update(messages, values, *_is_mine(errand)))


def finish(rows: Rows, errand: Errand) -> None:
    """Everything is told. What waits behind a hand-over is the person's, who sees it; texts are not kept."""
    done: dict[str, Any] = {
        "status": "done",
        "body": {},
        "steps": None,
        "error": "",
        "finished_at": time.time(),
        "owner_until": 0.0,
    }
    rows.update(messages, done, *_is_mine(errand))
    row = rows.first(rows.select(messages).where(messages.c.number == errand.number))
    if row is not None and row.handed_at is not None:
        passed = done | {"status": "passed"}
        rows.update(messages, passed, messages.c.conversation == row.conversation, messages.c.status == "waiting")


def put_off(rows: Rows, errand: Errand, *, error: str, wait_s: float | None) -> None:
    """Try again later; `wait_s` None: never again, which is told in the topic `integrations`; then no text is kept."""
    now = time.time()
    values: dict[str, Any] = {"attempts": errand.attempts + 1, "error": error, "owner": "", "owner_until": 0.0}
    if wait_s is None:
        values |= {"status": "dead", "body": {}, "steps": None, "finished_at": now}
        told = {"conversation": errand.incoming.conversation, "message": errand.incoming.message, "error": error}
        if rows.update(messages, values, *_is_mine(errand)):
            outbox.put(rows, "integrations", "chatwoot.dead", told, request_id=errand.request_id)
    else:
        rows.update(messages, values | {"next_at": now + wait_s}, *_is_mine(errand))


def count_by_status(rows: Rows) -> dict[str, int]:
    """How many messages of the rows' tenant there are of each status."""
    columns = (messages.c.status, func.count().label("messages"))
    return {row.status: row.messages for row in rows.fetch(rows.select(messages, *columns).group_by(messages.c.status))}


def last_error(rows: Rows) -> str:
    """Why the latest message that was not told yet, or never, was not; empty: there is none."""
    query = rows.select(messages).where(messages.c.error != "", messages.c.status.in_(("waiting", "dead")))
    row = rows.first(query.order_by(messages.c.number.desc()))
    return row.error if row else ""


def prune(rows: Rows, *, before: float) -> None:
    """Forget what came before; `rows` are everyone's."""
    if rows.try_lock("chatwoot pruning"):
        rows.delete(messages, messages.c.received_at < before, messages.c.status != "waiting")
        rows.delete(seen, seen.c.time < before)


def _is_mine(errand: Errand) -> tuple[ColumnElement[bool], ...]:
    return (messages.c.number == errand.number, messages.c.owner == errand.owner, messages.c.status == "waiting")


def _read(row: Found, *, owner: str) -> Errand:
    return Errand(
        tenant=row.tenant,
        number=row.number,
        owner=owner,
        request_id=row.request_id,
        attempts=row.attempts,
        incoming=Incoming.from_json(row.body),
        steps=None if row.steps is None else read_steps(row.steps),
    )
