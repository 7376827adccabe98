"""`trivet audit`: who did what."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from trivet_service.commands.opened import opened_database, show_time

if TYPE_CHECKING:
    from trivet_service.audit import Entry
    from trivet_service.storage.rows import Rows

audit = typer.Typer(add_completion=False, no_args_is_help=True, help="The audit log: list, verify.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@audit.command("list")
def list_entries(
    tenant: Annotated[str, typer.Option(help="Whose log; *: that of the operators.")] = "default",
    action: Annotated[str, typer.Option(help="Only this action, such as key.revoked.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most entries.")] = 50,
    as_json: Json = False,
) -> None:
    """The newest entries of a tenant, the newest last."""
    from trivet_service.audit import audit as table
    from trivet_service.audit import read_entry, select_entries

    def read(rows: Rows) -> list[Entry]:
        query = select_entries(rows, action=action).order_by(table.c.sequence.desc()).limit(limit)
        return [read_entry(row) for row in reversed(rows.fetch(query))]

    with opened_database() as database:
        entries = database.of(tenant).read(read)
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return
    from trivet.cli.output import print_table

    rows = [
        {**asdict(entry), "time": show_time(entry.time), "detail": json.dumps(entry.detail, ensure_ascii=False)}
        for entry in entries
    ]
    print_table(rows, columns=("sequence", "time", "actor", "action", "object", "detail"))


@audit.command()
def verify(
    tenant: Annotated[str, typer.Option(help="Only the log of this tenant.")] = "",
    head: Annotated[str, typer.Option(help="SEQUENCE:HASH that an earlier run printed for the tenant.")] = "",
    as_json: Json = False,
) -> None:
    """Read every log again: whether an entry is missing or was changed. Keep the heads it prints somewhere else."""
    from trivet_service.audit import AuditError, logged_tenants
    from trivet_service.audit import verify as verify_log

    if head and not tenant:
        raise AuditError("a head is that of one tenant.", where="--head", todo="Give --tenant too.")
    with opened_database() as database:
        names = [tenant] if tenant else logged_tenants(database)
        heads = {name: verify_log(database, name, head=head) for name in names}
    found = {name: f"{entry.sequence}:{entry.hash}" for name, entry in heads.items() if entry}
    if as_json:
        print(json.dumps(found))
        return
    for name, one in found.items():
        print(f"{name}  {one}")
