"""The file in which keys lay before they moved into the database: it is read once."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from trivet_service.audit import Actor, hold_log, record
from trivet_service.key_store import add_key
from trivet_service.keys import AccessError, Key
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Rows
from trivet_service.tenants import Tenants, note_change

_ACTOR = Actor("keys.json")


def import_key_file(database: Database, path: Path) -> int:
    """Take the keys of a file into the database and rename it `keys.json.imported`; how many were new.

    Whatever they opened they open still. Servers that start at the same time take each key once.

    Raises:
        AccessError: the file is not one of ours.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0
    found = sorted(_read(text, path), key=lambda key: key.tenant)
    added = 0
    for tenant, own in groupby(found, key=lambda key: key.tenant):
        Tenants(database).ensure(tenant, actor=_ACTOR)
        added += database.of(tenant).write(partial(_add, own=list(own)))
    with suppress(FileNotFoundError):
        path.rename(path.with_name(f"{path.name}.imported"))
    return added


def _add(rows: Rows, own: list[Key]) -> int:
    hold_log(rows)
    # Another server may have been faster; only one of the two has something to tell.
    new = [key for key in own if add_key(rows, key)]
    for key in new:
        record(rows, _ACTOR, "key.imported", key.id, {"name": key.name, "scopes": list(key.scopes)})
    note_change(rows)
    return len(new)


def _read(text: str, path: Path) -> list[Key]:
    try:
        return [_key(entry) for entry in json.loads(text)["keys"]]
    except (ValueError, TypeError, KeyError) as error:
        raise AccessError(
            f"not a key file ({error}).", where=str(path), todo="Restore it, or remove it and create new keys."
        ) from error


def _key(entry: dict[str, Any]) -> Key:
    return Key(
        id=entry["id"],
        tenant=entry["tenant"],
        name=entry["name"],
        scopes=tuple(entry["scopes"]),
        salt=entry["salt"],
        hash=entry["hash"],
        created_at=datetime.fromisoformat(entry["created"]).timestamp(),
        expires_at=_seconds(entry.get("expires")),
        revoked_at=_seconds(entry.get("revoked")),
        last_used_at=_seconds(entry.get("last_used")),
    )


def _seconds(time: str | None) -> float | None:
    return datetime.fromisoformat(time).timestamp() if time else None
