"""`trivet registry`: what is registered, what is live, promotion and roll-back."""

from __future__ import annotations

from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines, print_table
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Versions, aliases, promotion and roll-back.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Every model with its versions and aliases."""
    from trivet.registry.registry import open_registry

    registry = open_registry(Settings())
    rows = [
        {
            "name": name,
            "versions": ", ".join(map(str, registry.versions(name))),
            "aliases": ", ".join(f"{alias}={version}" for alias, version in sorted(registry.aliases(name).items())),
        }
        for name in registry.names()
    ]
    print_json(rows) if as_json else print_table(rows, columns=("name", "versions", "aliases"))


@app.command()
def show(reference: Annotated[str, typer.Argument(help="name, name/3 or name@live.")], as_json: Json = False) -> None:
    """The card of a version."""
    from trivet.registry.open import open_artifact

    card = open_artifact(reference, Settings()).card.model_dump(mode="json")
    print_json(card) if as_json else print_lines([f"{key:<20} {value}" for key, value in card.items()])


@app.command()
def promote(
    reference: Annotated[str, typer.Argument(help="name/3")],
    force: Annotated[bool, typer.Option("--force", help="Pass over the gates; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why the gates are passed over; goes into the log.")] = "",
    as_json: Json = False,
) -> None:
    """Make a version live, through its gates and a paired test against the live one."""
    from trivet.pipeline import promote_version

    result = promote_version(reference, settings=Settings(), force=force, reason=reason)
    print_json(result.to_json()) if as_json else print_lines(result.lines())


@app.command()
def rollback(name: Annotated[str, typer.Argument(help="Name of the model.")], as_json: Json = False) -> None:
    """Make the version live again that was live before."""
    from trivet.registry.registry import open_registry

    version = open_registry(Settings()).rollback(name)
    print_json({"name": name, "live": version}) if as_json else print_lines(
        [f"{name}: version {version} is live again."]
    )


@app.command()
def log(name: Annotated[str, typer.Argument(help="Name of the model.")], as_json: Json = False) -> None:
    """What was registered, promoted and rolled back, oldest first."""
    from trivet.registry.registry import open_registry

    rows = open_registry(Settings()).log(name)
    print_json(rows) if as_json else print_table(rows, columns=("time", "change", "alias", "version", "reason"))
