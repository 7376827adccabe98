"""Who did what that somebody may ask about later: a log that only grows, its entries chained by hashes a tenant.

What changes rows is recorded in the transaction of the change, so that neither is there without the other:

    def promote(rows: Rows) -> None:
        hold_log(rows)
        before = ...
        record(rows, actor, "model.promoted", "support/4", {"before": before})
        rows.update(versions, {"alias": "live"}, versions.c.number == 4)

    context.database.of(caller.tenant).write(promote)

What changes something else (a registry, a folder) is recorded right after it has happened, by `record_now`. The actor
is `actor_of(request)` in a route and `operator()` on a command line. Details are for people: numbers, names, reasons;
never a secret, never a text of a user.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import JSON, Column, Float, Integer, String, Table

from trivet.errors import TrivetError
from trivet_service.exchange import exchange_of
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Query, Rows

if TYPE_CHECKING:
    from fastapi import Request

    from trivet_service.storage.database import Database

# What is worth an entry; whoever brings a new kind of deed adds its name.
Action = Literal[
    "tenant.created",
    "tenant.closed",
    "tenant.reopened",
    "key.created",
    "key.imported",
    "key.rotated",
    "key.revoked",
    "model.imported",
    "model.promoted",
    "model.forced",
    "model.refused",
    "model.rolled_back",
    "model.shadowed",
    "model.canary",
    "job.created",
    "job.cancelled",
    "webhook.created",
    "webhook.changed",
    "webhook.deleted",
    "data.imported",
    "data.exported",
    "data.deleted",
    "integration.changed",
    "integration.deleted",
    "intent.changed",
    "intent.forced",
    "intent.deleted",
    "rules.changed",
    "entity.changed",
    "entity.deleted",
    "point.changed",
    "point.deleted",
]

# The migration forbids the database itself to change or remove a row.
audit = Table(
    "kit_audit",
    kit_tables,
    tenant_column(),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object", String, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("request_id", String, nullable=False),
    Column("hash", String, nullable=False),
)

_NOTHING: Mapping[str, Any] = {}
_ADVICE = "Compare the database with a backup."


class AuditError(TrivetError):
    """A log that is not the one that was written."""


@dataclass(frozen=True)
class Actor:
    """Who does something: the id of a key, `anybody` where none is asked for, or `cli:USER`."""

    name: str
    request_id: str = ""


@dataclass(frozen=True)
class Entry:
    """One deed; `sequence` counts from 1 a tenant, `time` is seconds since 1970, `hash` covers the entry before too."""

    tenant: str
    sequence: int
    time: float
    actor: str
    action: str
    object: str
    detail: Mapping[str, Any]
    request_id: str
    hash: str


def actor_of(request: Request) -> Actor:
    """Whoever sent a request under /v1."""
    return Actor(request.state.caller.key_id or "anybody", exchange_of(request.scope).request_id)


def operator() -> Actor:
    """Whoever runs this command."""
    return Actor(f"cli:{_user()}")


def hold_log(rows: Rows) -> None:
    """Be the only transaction that records until it ends: what is read from here on is still so when it is recorded.

    Hold it first, then read and change: two servers that hold rows and wait for the log would wait for each other.
    """
    # One lock for all tenants: with one a tenant, two groups of writes could wait for each other.
    rows.lock("audit")


def record(rows: Rows, actor: Actor, action: Action, what: str, detail: Mapping[str, Any] = _NOTHING) -> int:
    """Write an entry of the rows' tenant, there if what else the transaction changes is; its sequence number."""
    assert rows.tenant is not None, "a deed belongs to a tenant"
    hold_log(rows)
    last = rows.first(rows.select(audit).order_by(audit.c.sequence.desc()))
    sequence = last.sequence + 1 if last else 1
    content = (rows.tenant, sequence, time.time(), actor.name, action, what, dict(detail), actor.request_id)
    entry = Entry(*content, hash=_hash(last.hash if last else "", content))
    names = ("sequence", "time", "actor", "action", "object", "detail", "request_id", "hash")
    rows.insert(audit, [{name: getattr(entry, name) for name in names}])
    return sequence


def record_now(
    database: Database, tenant: str, actor: Actor, action: Action, what: str, detail: Mapping[str, Any] = _NOTHING
) -> None:
    """Write an entry about what has happened outside the database; on the disk when it returns. Blocks.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    database.of(tenant).write(partial(record, actor=actor, action=action, what=what, detail=detail))


def read_entry(row: Any) -> Entry:
    """The entry that a row of the table holds."""
    return Entry(*(getattr(row, name) for name in Entry.__dataclass_fields__))


def select_entries(rows: Rows, *, action: str = "") -> Query:
    """A query of the tenant's entries, of one action if it is named; the caller orders it."""
    query = rows.select(audit)
    return query.where(audit.c.action == action) if action else query


def logged_tenants(database: Database) -> list[str]:
    """Every tenant that has a log."""
    return database.everyone().read(
        lambda rows: sorted(row.tenant for row in rows.fetch(rows.select(audit, audit.c.tenant).distinct()))
    )


def verify(database: Database, tenant: str, *, head: str = "") -> Entry | None:
    """Read a tenant's whole log again; its last entry, or None where there is none.

    Whoever has kept SEQUENCE:HASH of an earlier last entry elsewhere gives it as `head`: only that tells that the end
    has not been cut off and that the log has not been written anew.

    Raises:
        AuditError: an entry is missing, or is not what was written; names the first one.
    """
    last: Entry | None = None
    is_met = not head
    with database.of(tenant).reading() as rows:
        for row in rows.stream(rows.select(audit).order_by(audit.c.sequence)):
            entry = read_entry(row)
            expected = last.sequence + 1 if last else 1
            if entry.sequence != expected:
                raise AuditError(f"entry {expected} of tenant {tenant!r} is missing.", todo=_ADVICE)
            if entry.hash != _hash(last.hash if last else "", astuple(entry)[:-1]):
                raise AuditError(f"entry {expected} of tenant {tenant!r} is not what was written.", todo=_ADVICE)
            is_met = is_met or f"{entry.sequence}:{entry.hash}" == head
            last = entry
    if not is_met:
        raise AuditError(f"the log of tenant {tenant!r} does not hold the entry {head}.", todo=_ADVICE)
    return last


def _hash(before: str, content: tuple[Any, ...]) -> str:
    text = json.dumps([before, *content], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that nobody has given a name.
        return "unknown"
