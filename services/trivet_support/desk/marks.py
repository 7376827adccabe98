"""Marks of change: by them a process sees what another one has written for a tenant."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import Column, Float, Index, String, Table

from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.rows import Rows
from trivet_support.store import support_tables

Kind: TypeAlias = Literal["replies", "rules", "knowledge", "entities", "points"]

_marks = Table(
    "support_marks",
    support_tables,
    tenant_column(),
    Column("kind", String, primary_key=True),
    Column("mark", String, nullable=False),
    Column("at", Float, nullable=False),
    Index(None, "at"),
)


@dataclass(frozen=True)
class Marked:
    """What of a tenant was changed last at `at`, seconds since 1970; two changes never have the same mark."""

    tenant: str
    kind: str
    mark: str
    at: float


def mark(rows: Rows, kind: Kind) -> str:
    """Note in the transaction of a change that there is one; its mark."""
    made = secrets.token_hex(8)
    rows.upsert(_marks, [{"kind": kind, "mark": made, "at": time.time()}], key=("tenant", "kind"))
    return made


def marks_since(database: Database, moment: float) -> list[Marked]:
    """What was changed at `moment` or later, of every tenant. Blocks.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    columns = (_marks.c.tenant, _marks.c.kind, _marks.c.mark, _marks.c.at)
    return database.everyone().read(
        lambda rows: [Marked(*row) for row in rows.fetch(rows.select(_marks, *columns).where(_marks.c.at >= moment))]
    )
