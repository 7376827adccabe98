"""`trivet tenants`: whose data there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trivet_service.commands.opened import opened_database, show_time

if TYPE_CHECKING:
    from trivet_service.tenants import Tenant

tenants = typer.Typer(add_completion=False, no_args_is_help=True, help="Tenants: create, list, close, reopen.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
TenantName = Annotated[str, typer.Argument(help="Up to 40 small letters, digits and hyphens.")]


@tenants.command()
def create(
    tenant: TenantName,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    as_json: Json = False,
) -> None:
    """Make a tenant; then `trivet keys create --tenant`."""
    from trivet_service.audit import operator
    from trivet_service.tenants import Tenants

    with opened_database() as database:
        made = Tenants(database).create(tenant, name=name, actor=operator())
    print(json.dumps(_row(made)) if as_json else f"{made.tenant} is there.")


@tenants.command("list")
def list_tenants(as_json: Json = False) -> None:
    """Every tenant."""
    from trivet_service.tenants import Tenants

    with opened_database() as database:
        rows = [_row(tenant) for tenant in Tenants(database).all()]
    if as_json:
        print(json.dumps(rows))
        return
    from trivet.cli.output import print_table

    print_table(rows, columns=("tenant", "name", "state", "created_at", "closed_at"))


@tenants.command()
def close(tenant: TenantName, as_json: Json = False) -> None:
    """Let the keys of a tenant open nothing any more; its data stay."""
    from trivet_service.audit import operator
    from trivet_service.tenants import Tenants

    with opened_database() as database:
        closed = Tenants(database).close(tenant, actor=operator())
    print(json.dumps(_row(closed)) if as_json else f"{closed.tenant} is closed; its data are still there.")


@tenants.command()
def reopen(tenant: TenantName, as_json: Json = False) -> None:
    """Let the keys of a closed tenant open again."""
    from trivet_service.audit import operator
    from trivet_service.tenants import Tenants

    with opened_database() as database:
        opened = Tenants(database).reopen(tenant, actor=operator())
    print(json.dumps(_row(opened)) if as_json else f"{opened.tenant} is open.")


def _row(tenant: Tenant) -> dict[str, Any]:
    return {
        "tenant": tenant.tenant,
        "name": tenant.name,
        "state": "open" if tenant.closed_at is None else "closed",
        "created_at": show_time(tenant.created_at),
        "closed_at": show_time(tenant.closed_at),
    }
