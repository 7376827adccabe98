"""`trivet keys`: who may call, and with what rights."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trivet_service.commands.opened import opened_database, show_time

if TYPE_CHECKING:
    from trivet_service.keys import Key

keys = typer.Typer(add_completion=False, no_args_is_help=True, help="API keys: create, list, revoke, rotate.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
KeyId = Annotated[str, typer.Argument(help="The id that `trivet keys list` shows.")]

_DAY_S = 86_400


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is, for people.")],
    tenant: Annotated[str, typer.Option(help="Whose data it opens; *: none, it administers tenants.")] = "default",
    scope: Annotated[list[str] | None, typer.Option(help="read, write, train or admin; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0: never.")] = 0,
    as_json: Json = False,
) -> None:
    """Make a key; its text is shown this once and kept nowhere."""
    from trivet_service.audit import operator
    from trivet_service.key_store import Keys
    from trivet_service.tenants import DEFAULT, OPERATORS, Tenants

    expires_at = time.time() + days * _DAY_S if days else None
    with opened_database() as database:
        if tenant in (DEFAULT, OPERATORS):
            Tenants(database).ensure(tenant, actor=operator())
        key, presented = Keys(database).create(
            tenant, name=name, scopes=scope or ["read"], actor=operator(), expires_at=expires_at
        )
    _show_new(key, presented, as_json=as_json)


@keys.command("list")
def list_keys(
    tenant: Annotated[str, typer.Option(help="Only the keys of this tenant.")] = "", as_json: Json = False
) -> None:
    """Every key without its secret."""
    from trivet_service.key_store import Keys

    with opened_database() as database:
        rows = [_row(key) for key in Keys(database).all(tenant)]
    if as_json:
        print(json.dumps(rows))
        return
    from trivet.cli.output import print_table

    columns = ("id", "name", "tenant", "scopes", "state", "created_at", "expires_at", "last_used_at")
    print_table([{**row, "scopes": " ".join(row["scopes"])} for row in rows], columns=columns)


@keys.command()
def revoke(key_id: KeyId, as_json: Json = False) -> None:
    """End a key, in running servers within a second."""
    from trivet_service.audit import operator
    from trivet_service.key_store import Keys

    with opened_database() as database:
        store = Keys(database)
        key = store.revoke(store.tenant_of(key_id), key_id, actor=operator())
    print(json.dumps(_row(key)) if as_json else f"{key.id} ({key.name}) opens nothing any more.")


@keys.command()
def rotate(
    key_id: KeyId,
    hours: Annotated[float, typer.Option(min=0, help="Hours that the old key goes on beside the new one.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Make a key with the rights of an old one, which ends."""
    from trivet_service.audit import operator
    from trivet_service.key_store import Keys

    with opened_database() as database:
        store = Keys(database)
        key, presented = store.rotate(store.tenant_of(key_id), key_id, actor=operator(), overlap_s=hours * 3600)
    _show_new(key, presented, as_json=as_json)


def _show_new(key: Key, presented: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_row(key) | {"key": presented}))
        return
    print(presented)
    print(f"id {key.id}, tenant {key.tenant}, may {', '.join(key.scopes)}. Keep it: it is not shown again.")


def _row(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "scopes": list(key.scopes),
        "state": key.state(time.time()),
        "created_at": show_time(key.created_at),
        "expires_at": show_time(key.expires_at),
        "last_used_at": show_time(key.last_used_at),
        "replaced_by": key.replaced_by,
    }
