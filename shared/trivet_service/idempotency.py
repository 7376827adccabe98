"""Answers that are kept for a day under the `Idempotency-Key` of their request, so that it is not done twice."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Column, ColumnElement, Float, Index, Integer, LargeBinary, String, Table

from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Rows

KEPT_S = 86_400.0
# Seconds until the request of a process that has died may be carried out again.
LEASE_S = 10.0

_table = Table(
    "kit_idempotency",
    kit_tables,
    tenant_column(),
    Column("key", String, primary_key=True),
    Column("digest", String, nullable=False),
    # Who carries the request out, and until when it is believed to be alive.
    Column("owner", String, nullable=False),
    Column("leased_until", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    # 0: not answered yet.
    Column("status", Integer, nullable=False),
    Column("headers", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "tenant", "expires_at"),
)


@dataclass(frozen=True)
class Answer:
    """What was answered; `headers` are JSON pairs."""

    status: int
    headers: str
    body: bytes


@dataclass(frozen=True)
class Begun:
    """The request is the caller's to carry out."""


@dataclass(frozen=True)
class Reused:
    """The key stands for another request."""


@dataclass(frozen=True)
class Underway:
    """The same request is being carried out."""

    retry_s: int


Claim: TypeAlias = Begun | Reused | Underway | Answer


class Ledger:
    """The kept answers of every tenant. All of it blocks: call it from a thread."""

    def __init__(self, database: Database, *, owner: str) -> None:
        self._database = database
        self._owner = owner

    def claim(self, tenant: str, key: str, digest: str, *, now: float | None = None) -> Claim:
        """Who is to carry out a request, or what came of it; `digest` tells it from others.

        Answers of the tenant that are a day old are forgotten on the way. Raises StoreUnavailableError.
        """
        now = time.time() if now is None else now
        return self._database.of(tenant).write(lambda rows: self._claim(rows, key, digest, now))

    def renew(self, tenant: str, key: str) -> None:
        """Say that the request is still being carried out."""
        leased = {"leased_until": time.time() + LEASE_S}
        self._database.of(tenant).write(lambda rows: rows.update(_table, leased, *self._mine(key)))

    def keep(self, tenant: str, key: str, answer: Answer) -> None:
        """Keep the answer; it is on the disk when this returns, and may be sent."""
        values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
        self._database.of(tenant).write(lambda rows: rows.update(_table, values, *self._mine(key)))

    def release(self, tenant: str, key: str) -> None:
        """Forget a request that changed nothing; the key may be used again."""
        self._database.of(tenant).write(lambda rows: rows.delete(_table, *self._mine(key)))

    def _mine(self, key: str) -> tuple[ColumnElement[bool], ...]:
        return (_table.c.key == key, _table.c.owner == self._owner, _table.c.status == 0)

    def _claim(self, rows: Rows, key: str, digest: str, now: float) -> Claim:
        rows.delete(_table, _table.c.expires_at < now)
        lease = {"owner": self._owner, "leased_until": now + LEASE_S}
        fresh = {"key": key, "digest": digest, "expires_at": now + KEPT_S, "status": 0, "headers": "", "body": b""}
        if rows.insert_new(_table, [fresh | lease], key=("tenant", "key"), returning="key"):
            return Begun()
        found = rows.first(rows.select(_table).where(_table.c.key == key))
        assert found is not None, "a row that kept the insert out is there"
        if found.digest != digest:
            return Reused()
        if found.status:
            return Answer(found.status, found.headers, found.body)
        abandoned = (_table.c.key == key, _table.c.status == 0, _table.c.leased_until < now)
        if rows.update(_table, lease, *abandoned):
            return Begun()
        return Underway(max(1, math.ceil(found.leased_until - now)))
