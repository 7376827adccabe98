"""Who the tenants are: whose data a row is."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Float, Integer, String, Table, func

from trivet_service.audit import Actor, hold_log, record
from trivet_service.keys import AccessError, UnknownError
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Found, Query, Rows

# Whose keys administer the tenants themselves; it has no data of a service.
OPERATORS = "*"
# Where keys go for which no tenant is named.
DEFAULT = "default"

# Behind a service's name and two hyphens it is the name of the tenant's own model, which takes these and 63 in all.
NAME = r"[a-z0-9][a-z0-9-]{0,39}"

# `changes` counts what happened to the tenant's keys and standing: whoever remembers them looks whether it has grown.
tenants = Table(
    "kit_tenants",
    kit_tables,
    tenant_column(),
    Column("name", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("changes", Integer, nullable=False),
)


@dataclass(frozen=True)
class Tenant:
    """A tenant and what people call it; once closed its keys open nothing. Times are seconds since 1970."""

    tenant: str
    name: str
    created_at: float
    closed_at: float | None = None


class Tenants:
    """The tenants of a database; every change of them is in their audit log. All of it blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, tenant: str, *, name: str, actor: Actor) -> Tenant:
        """A new tenant.

        Raises:
            AccessError: there is one of that name already, or it is no name for one.
        """
        if not re.fullmatch(NAME, tenant):
            raise AccessError(
                f"{tenant!r} is no name for a tenant.",
                todo="Take up to 40 small letters, digits and hyphens; first a letter or a digit.",
            )
        made = Tenant(tenant, name or tenant, time.time())
        if not self._database.of(tenant).write(lambda rows: _add(rows, made, actor)):
            raise AccessError(f"there is a tenant {tenant!r} already.", todo="`trivet tenants list` shows them.")
        return made

    def ensure(self, tenant: str, *, actor: Actor) -> None:
        """Make the tenant unless it is there; its name is not looked at."""
        self._database.of(tenant).write(lambda rows: _add(rows, Tenant(tenant, tenant, time.time()), actor))

    def close(self, tenant: str, *, actor: Actor) -> Tenant:
        """The tenant, whose keys from now on open nothing; its data stay.

        Raises:
            UnknownError: there is none.
        """
        return self._set_closed(tenant, time.time(), actor)

    def reopen(self, tenant: str, *, actor: Actor) -> Tenant:
        """The tenant, whose keys open again what they did. Raises as `close`."""
        return self._set_closed(tenant, None, actor)

    def find(self, tenant: str) -> Tenant | None:
        """The tenant of that name."""
        return self._database.of(tenant).read(find_tenant)

    def all(self) -> list[Tenant]:
        """Every tenant, by name."""
        return self._database.everyone().read(lambda rows: [read_tenant(row) for row in rows.fetch(_by_name(rows))])

    def _set_closed(self, tenant: str, closed_at: float | None, actor: Actor) -> Tenant:
        def change(rows: Rows) -> Tenant:
            hold_log(rows)
            found = find_tenant(rows)
            if found is None or tenant == OPERATORS:
                raise UnknownError(f"there is no tenant {tenant!r}.", todo="`trivet tenants list` shows them.")
            if (found.closed_at is None) != (closed_at is None):
                record(rows, actor, "tenant.reopened" if closed_at is None else "tenant.closed", tenant)
                rows.update(tenants, {"closed_at": closed_at})
                note_change(rows)
                found = find_tenant(rows) or found
            return found

        return self._database.of(tenant).write(change)


def find_tenant(rows: Rows) -> Tenant | None:
    """The tenant that the rows belong to, if it has been made."""
    row = rows.first(rows.select(tenants))
    return read_tenant(row) if row else None


def select_tenants(rows: Rows) -> Query:
    """A query of the tenants that there are; the caller orders it."""
    return rows.select(tenants).where(tenants.c.tenant != OPERATORS)


def read_tenant(row: Found) -> Tenant:
    """The tenant that a row holds."""
    return Tenant(row.tenant, row.name, row.created_at, row.closed_at)


def note_change(rows: Rows) -> None:
    """Let whoever remembers keys of the rows' tenant know that they have changed."""
    rows.update(tenants, {"changes": tenants.c.changes + 1})


def count_changes(rows: Rows) -> int:
    """How often anything has changed, over the tenants of the rows; it only grows."""
    [row] = rows.fetch(rows.select(tenants, func.coalesce(func.sum(tenants.c.changes), 0).label("changes")))
    return int(row.changes)


def _by_name(rows: Rows) -> Query:
    return select_tenants(rows).order_by(tenants.c.tenant)


def _add(rows: Rows, tenant: Tenant, actor: Actor) -> Sequence[object]:
    hold_log(rows)
    row = {"name": tenant.name, "created_at": tenant.created_at, "closed_at": None, "changes": 0}
    added = rows.insert_new(tenants, [row], key=("tenant",), returning="tenant")
    if added:
        record(rows, actor, "tenant.created", tenant.tenant, {"name": tenant.name})
    return added
