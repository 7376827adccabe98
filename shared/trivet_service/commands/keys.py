"""`trivet keys`: who may call, and with what rights."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trivet.settings import Settings

if TYPE_CHECKING:
    from trivet_service.keys import Key, KeyFile

keys = typer.Typer(add_completion=False, no_args_is_help=True, help="API keys: create, list, revoke, rotate.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
KeyId = Annotated[str, typer.Argument(help="The id that `trivet keys list` shows.")]


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is, for people.")],
    tenant: Annotated[str, typer.Option(help="Whose data it opens.")] = "default",
    scope: Annotated[list[str] | None, typer.Option(help="read, write, train or admin; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=0, help="Days until it expires; 0: never.")] = 0,
    as_json: Json = False,
) -> None:
    """Make a key; its text is shown this once and kept nowhere."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    key, presented = _file().create(name=name, tenant=tenant, scopes=scope or ["read"], expires=expires)
    _show_new(key, presented, as_json=as_json)


@keys.command("list")
def list_keys(as_json: Json = False) -> None:
    """Every key without its secret."""
    rows = [_row(key) for key in _file().read().values()]
    if as_json:
        print(json.dumps(rows))
        return
    from trivet.cli.output import print_table

    columns = ("id", "name", "tenant", "scopes", "state", "created", "expires", "last_used")
    print_table([{**row, "scopes": " ".join(row["scopes"])} for row in rows], columns=columns)


@keys.command()
def revoke(key_id: KeyId, as_json: Json = False) -> None:
    """End a key at once, in running servers too."""
    key = _file().revoke(key_id)
    print(json.dumps(_row(key)) if as_json else f"{key.id} ({key.name}) opens nothing any more.")


@keys.command()
def rotate(
    key_id: KeyId,
    hours: Annotated[float, typer.Option(min=0, help="Hours that the old key goes on beside the new one.")] = 0.0,
    as_json: Json = False,
) -> None:
    """Make a key with the rights of an old one, which ends."""
    key, presented = _file().rotate(key_id, overlap=timedelta(hours=hours))
    _show_new(key, presented, as_json=as_json)


def _file() -> KeyFile:
    from trivet_service.keys import KeyFile

    return KeyFile(Settings().home / "keys.json")


def _show_new(key: Key, presented: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_row(key) | {"key": presented}))
        return
    print(presented)
    print(f"id {key.id}, tenant {key.tenant}, may {', '.join(key.scopes)}. Keep it: it is not shown again.")


def _row(key: Key) -> dict[str, Any]:
    state = "revoked" if key.revoked else "valid" if key.is_valid(datetime.now(UTC)) else "expired"
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "scopes": list(key.scopes),
        "state": state,
        "created": key.created,
        "expires": key.expires,
        "last_used": key.last_used,
    }
