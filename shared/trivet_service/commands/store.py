"""`trivet store`: the database behind the services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from trivet_service.storage.domain import Domain

store = typer.Typer(add_completion=False, no_args_is_help=True, help="The database: status, upgrade, backup, restore.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
BackupFile = Annotated[Path, typer.Argument(help="A file such as trivet.backup.")]


@store.command()
def status(as_json: Json = False) -> None:
    """The revision of every domain's tables, and the newest one."""
    from trivet_service.storage.engine import answering, show_address
    from trivet_service.storage.migrate import read_revision

    with _opened() as (url, engine, domains), answering(), engine.connect() as connection:
        rows = [
            {"domain": one.name, "revision": read_revision(connection, one) or "none", "newest": one.revisions[-1]}
            for one in domains
        ]
        address = show_address(url)
    if as_json:
        print(json.dumps({"database": address, "domains": rows}))
        return
    from trivet.cli.output import print_table

    print(address)
    print_table(rows, columns=("domain", "revision", "newest"))


@store.command()
def upgrade() -> None:
    """Bring every table to the newest revision; a server does so too when it starts."""
    from trivet_service.storage import migrate

    with _opened() as (_, engine, domains):
        migrate.upgrade(engine, domains)
    print("Every table stands at the newest revision.")


@store.command()
def backup(file: BackupFile, as_json: Json = False) -> None:
    """Write everything of one moment into a file, while servers go on."""
    from trivet_service.storage.backup import write_backup

    with _opened() as (_, engine, domains):
        manifest = write_backup(engine, domains, file, made_at=datetime.now(UTC).isoformat(timespec="seconds"))
    rows = sum(table.rows for table in manifest.tables.values())
    print(manifest.model_dump_json() if as_json else f"{rows} rows of {len(manifest.tables)} tables in {file}.")


@store.command()
def restore(file: BackupFile, as_json: Json = False) -> None:
    """Fill an empty database, of either kind, from a backup."""
    from trivet_service.storage.backup import restore_backup

    with _opened() as (_, engine, domains):
        manifest = restore_backup(engine, domains, file)
    rows = sum(table.rows for table in manifest.tables.values())
    print(manifest.model_dump_json() if as_json else f"{rows} rows of {len(manifest.tables)} tables are there again.")


@contextmanager
def _opened() -> Iterator[tuple[str, Engine, list[Domain]]]:
    from trivet_service.settings import read_settings
    from trivet_service.storage.engine import open_engine
    from trivet_service.storage.installed import installed_domains

    url = read_settings().store_url
    engine = open_engine(url)
    try:
        yield url, engine, installed_domains()
    finally:
        engine.dispose()
