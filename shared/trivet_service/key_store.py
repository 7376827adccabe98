"""The keys of a database."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace

from sqlalchemy import JSON, Column, Float, String, Table, UniqueConstraint, or_

from trivet_service.audit import Actor, hold_log, record
from trivet_service.keys import AccessError, Key, UnknownError, make_key
from trivet_service.storage.database import Database
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Found, Query, Rows
from trivet_service.tenants import OPERATORS, count_changes, find_tenant, note_change, tenants

keys = Table(
    "kit_keys",
    kit_tables,
    tenant_column(),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("salt", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    Column("last_used_at", Float),
    Column("replaced_by", String, nullable=False),
    # Whoever presents a key names no tenant.
    UniqueConstraint("id"),
)


@dataclass(frozen=True)
class Standing:
    """A key as it was when `changes` had happened; None: there is none, or its tenant is closed."""

    changes: int
    key: Key | None


class Keys:
    """Creates, rotates and revokes keys, each time with an entry in the audit log of their tenant. All of it blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, tenant: str, *, name: str, scopes: Collection[str], actor: Actor, expires_at: float | None = None
    ) -> tuple[Key, str]:
        """A new key and its secret text, which is kept nowhere.

        Raises:
            AccessError: the tenant is not there or closed; a scope that there is not.
        """
        key, presented = make_key(tenant, name=name, scopes=scopes, now=time.time(), expires_at=expires_at)
        if tenant == OPERATORS and "admin" not in key.scopes:
            raise AccessError(
                "a key of no tenant can only be one that administers them.", where="--scope", todo="Use admin."
            )

        def add(rows: Rows) -> None:
            hold_log(rows)
            found = find_tenant(rows)
            if found is None:
                raise UnknownError(f"there is no tenant {tenant!r}.", todo=f"First `trivet tenants create {tenant}`.")
            if found.closed_at is not None:
                raise AccessError(f"tenant {tenant!r} is closed.", todo=f"First `trivet tenants reopen {tenant}`.")
            record(rows, actor, "key.created", key.id, {"name": name, "scopes": list(key.scopes)})
            add_key(rows, key)
            note_change(rows)

        self._database.of(tenant).write(add)
        return key, presented

    def revoke(self, tenant: str, key_id: str, *, actor: Actor) -> Key:
        """The key, which from now on opens nothing; what was revoked before stays as it is.

        Raises:
            UnknownError: the tenant has none of that id.
        """

        def end(rows: Rows) -> Key:
            hold_log(rows)
            key = _find(rows, key_id)
            if key.revoked_at is None:
                record(rows, actor, "key.revoked", key.id, {"name": key.name})
                key = replace(key, revoked_at=time.time())
                _change(rows, key.id, {"revoked_at": key.revoked_at})
            return key

        return self._database.of(tenant).write(end)

    def rotate(self, tenant: str, key_id: str, *, actor: Actor, overlap_s: float = 0.0) -> tuple[Key, str]:
        """A new key with the rights of an old one, which ends after `overlap_s`; a life that was limited begins anew.

        Raises:
            UnknownError: the tenant has none of that id.
            AccessError: it is no longer valid.
        """

        def turn(rows: Rows) -> tuple[Key, str]:
            hold_log(rows)
            old, now = _find(rows, key_id), time.time()
            if not old.is_valid(now):
                raise AccessError(f"key {key_id!r} is no longer valid.", todo="Create a new one: `trivet keys create`.")
            expires_at = None if old.expires_at is None else now + old.expires_at - old.created_at
            key, presented = make_key(tenant, name=old.name, scopes=old.scopes, now=now, expires_at=expires_at)
            record(rows, actor, "key.rotated", old.id, {"into": key.id, "overlap_s": overlap_s})
            add_key(rows, key)
            ends = {"expires_at": min(now + overlap_s, old.expires_at or now + overlap_s)}
            _change(rows, old.id, (ends if overlap_s else {"revoked_at": now}) | {"replaced_by": key.id})
            return key, presented

        return self._database.of(tenant).write(turn)

    def all(self, tenant: str = "") -> list[Key]:
        """Every key, of one tenant if it is named; oldest first."""
        store = self._database.of(tenant) if tenant else self._database.everyone()

        def read(rows: Rows) -> list[Key]:
            query = rows.select(keys).order_by(keys.c.created_at, keys.c.id)
            return [read_key(row) for row in rows.fetch(query)]

        return store.read(read)

    def tenant_of(self, key_id: str) -> str:
        """Whose key it is.

        Raises:
            UnknownError: nobody has one of that id.
        """
        return self._database.everyone().read(lambda rows: _find(rows, key_id)).tenant

    def is_any_valid(self, now: float) -> bool:
        """Whether there is a key that opens anything."""

        def look(rows: Rows) -> bool:
            query = _with_tenants(rows).where(keys.c.revoked_at.is_(None), tenants.c.closed_at.is_(None))
            return rows.first(query.where(or_(keys.c.expires_at.is_(None), keys.c.expires_at > now))) is not None

        return self._database.everyone().read(look)

    def look_up(self, ids: Collection[str]) -> dict[str, Standing]:
        """How keys stand that callers present, by id."""

        def look(rows: Rows) -> dict[str, Standing]:
            # Counted first: what is read after it is at least that new.
            changes = count_changes(rows)
            query = _with_tenants(rows).where(keys.c.id.in_(ids), tenants.c.closed_at.is_(None))
            found = {row.id: read_key(row) for row in rows.fetch(query)} if ids else {}
            return {key_id: Standing(changes, found.get(key_id)) for key_id in ids}

        return self._database.everyone().read(look)

    def count_changes(self) -> int:
        """How often keys have been made, ended, or changed their owner's standing; it only grows."""
        return self._database.everyone().read(count_changes)

    def note_uses(self, used: Mapping[str, float]) -> None:
        """Write when keys were last used; ids that are gone meanwhile are passed over."""

        def write(rows: Rows) -> None:
            # In one order, as another server may write about the same keys.
            for key_id, when in sorted(used.items()):
                is_later = or_(keys.c.last_used_at.is_(None), keys.c.last_used_at < when)
                rows.update(keys, {"last_used_at": when}, keys.c.id == key_id, is_later)

        self._database.everyone().write(write)


def select_keys(rows: Rows) -> Query:
    """A query of the tenant's keys; the caller orders it."""
    return rows.select(keys)


def read_key(row: Found) -> Key:
    """The key that a row holds."""
    return Key(**{name: getattr(row, name) for name in Key.__dataclass_fields__} | {"scopes": tuple(row.scopes)})


def add_key(rows: Rows, key: Key) -> bool:
    """Add a key of the rows' tenant; False: there is one of that id already."""
    values = asdict(key) | {"scopes": list(key.scopes)}
    return bool(rows.insert_new(keys, [values], key=("id",), returning="id"))


def _find(rows: Rows, key_id: str) -> Key:
    row = rows.first(rows.select(keys).where(keys.c.id == key_id))
    if row is None:
        raise UnknownError(f"there is no key {key_id!r}.", todo="`trivet keys list` shows them.")
    return read_key(row)


def _change(rows: Rows, key_id: str, values: Mapping[str, object]) -> None:
    rows.update(keys, values, keys.c.id == key_id)
    note_change(rows)


def _with_tenants(rows: Rows) -> Query:
    return rows.join(rows.select(keys), tenants, keys.c.tenant == tenants.c.tenant)
