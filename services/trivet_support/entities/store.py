"""Entities in the database."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy import JSON, Column, Float, String, Table

from trivet.errors import InputError
from trivet_service.audit import Actor, record
from trivet_service.keys import UnknownError
from trivet_service.problems import ProblemError
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.rows import Found, Rows
from trivet_support.desk.marks import mark
from trivet_support.entities.declaration import Declaration
from trivet_support.store import support_tables

# What a tenant may declare, and how much text one declaration may be.
MOST = 100
MOST_BYTES = 300_000

entities = Table(
    "support_entities",
    support_tables,
    tenant_column(),
    Column("name", String, primary_key=True),
    Column("declared", JSON, nullable=False),
    Column("changed_at", Float, nullable=False),
)
DECLARATION: TypeAdapter[Declaration] = TypeAdapter(Declaration)


@dataclass(frozen=True)
class Kept:
    """A declared entity; `changed_at` is in seconds since 1970."""

    name: str
    declared: Declaration
    changed_at: float


class EntityStore:
    """Everybody's entities. All of it blocks and raises StoreUnavailableError where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, tenant: str) -> list[Kept]:
        """A tenant's entities, by name."""
        return self._database.of(tenant).read(
            lambda rows: [_read(row) for row in rows.fetch(rows.select(entities).order_by(entities.c.name))]
        )

    def find(self, tenant: str, name: str) -> Kept:
        """A tenant's entity. Raises UnknownError where there is none."""
        query = self._database.of(tenant).read(
            lambda rows: rows.first(rows.select(entities).where(entities.c.name == name))
        )
        if query is None:
            raise UnknownError(f"there is no entity {name!r}.")
        return _read(query)

    def put(self, tenant: str, name: str, declared: Declaration, *, actor: Actor) -> Kept:
        """Keep an entity in the place of the one that had its name; who did it is in the audit log.

        Raises:
            ProblemError: 409 `too_many`.
            InputError: it is too large; `where` is the body.
        """
        content = DECLARATION.dump_python(declared, mode="json")
        if (size := len(json.dumps(content, ensure_ascii=False).encode())) > MOST_BYTES:
            raise InputError(f"{size} bytes; at most {MOST_BYTES} go into one entity.", where="")
        kept = Kept(name, declared, time.time())

        def write(rows: Rows) -> None:
            rows.lock(f"support entities {tenant}")
            if rows.count(entities, entities.c.name != name) >= MOST:
                raise ProblemError(409, f"a tenant has {MOST} entities at most.", code="too_many")
            row = {"name": name, "declared": content, "changed_at": kept.changed_at}
            rows.upsert(entities, [row], key=("tenant", "name"))
            mark(rows, "entities")
            record(rows, actor, "entity.changed", name, {"kind": declared.kind})

        self._database.of(tenant).write(write)
        return kept

    def delete(self, tenant: str, name: str, *, actor: Actor) -> None:
        """Forget an entity. Raises UnknownError where there is none."""

        def write(rows: Rows) -> None:
            if not rows.delete(entities, entities.c.name == name):
                raise UnknownError(f"there is no entity {name!r}.")
            mark(rows, "entities")
            record(rows, actor, "entity.deleted", name)

        self._database.of(tenant).write(write)


def _read(row: Found) -> Kept:
    return Kept(row.name, DECLARATION.validate_python(row.declared), row.changed_at)
