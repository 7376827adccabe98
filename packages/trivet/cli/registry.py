"""`trivet registry`: what is registered, what is live, promotion and roll-back."""

from __future__ import annotations

from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines, print_table
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Versions, aliases, promotion and roll-back.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


Reference = Annotated[str, typer.Argument(help="name, name/3 or name@live.")]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """Every model with its versions, aliases, and the scores of what an alias points at."""
    from trivet.evaluation.standing import list_versions
    from trivet.registry.registry import open_registry

    settings = Settings()
    rows = list_versions(open_registry(settings), reports=settings.home / "reports")
    print_json(rows) if as_json else print_table(rows, columns=("name", "versions", "aliases", "scores", "use"))


@app.command()
def show(reference: Reference, as_json: Json = False) -> None:
    """How a version stands: aliases, scores with intervals, parent, licence, and what its gates said."""
    from trivet.evaluation.standing import describe_version
    from trivet.registry.registry import open_registry

    settings = Settings()
    standing = describe_version(open_registry(settings), reference, reports=settings.home / "reports")
    print_json(standing.to_json()) if as_json else print_lines(standing.lines())


@app.command()
def lineage(reference: Reference, as_json: Json = False) -> None:
    """What a version descends from, parent by parent: data, encoder, code and licence of each."""
    from trivet.registry.lineage import trace_lineage
    from trivet.registry.registry import open_registry

    chain = trace_lineage(open_registry(Settings()), reference)
    if as_json:
        print_json([ancestor.to_json() for ancestor in chain])
        return
    print_lines([f"{ancestor.descent and f'  by {ancestor.descent} from '}{ancestor.line()}" for ancestor in chain])


@app.command()
def promote(
    reference: Annotated[str, typer.Argument(help="name/3")],
    force: Annotated[bool, typer.Option("--force", help="Pass over the gates; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why the gates are passed over; goes into the log.")] = "",
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You may use what is for research only; goes into the log.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a version live, through its gates and a paired test against the live one."""
    from trivet.artifact.licence import acceptance
    from trivet.pipeline import promote_version

    accepted = acceptance(reason=reason) if accept_licence else ""
    result = promote_version(reference, settings=Settings(), force=force, reason=reason, accepted=accepted)
    print_json(result.to_json()) if as_json else print_lines(result.lines())


@app.command()
def shadow(
    reference: Annotated[str, typer.Argument(help="name/3; with --off the name alone.")],
    off: Annotated[bool, typer.Option("--off", help="No version is the shadow any more.")] = False,
    reason: Annotated[str, typer.Option(help="Why; goes into the log.")] = "",
    as_json: Json = False,
) -> None:
    """Let a version stand beside the live one as its shadow."""
    from trivet.registry.reference import read_reference
    from trivet.registry.registry import open_registry

    registry = open_registry(Settings())
    name = read_reference(reference).name
    if off:
        registry.clear_alias(name, "shadow", reason=reason)
    else:
        registry.set_alias(name, "shadow", registry.resolve(reference)[1], reason=reason)
    version = registry.aliases(name).get("shadow", 0)
    told = f"{name}: version {version} is the shadow." if version else f"{name}: no version is the shadow."
    print_json({"name": name, "shadow": version}) if as_json else print_lines([told])


@app.command()
def upgrade(reference: Reference, as_json: Json = False) -> None:
    """Register a version of an older format again in the newest, as the candidate; its answers stay the same."""
    from trivet.registry.registry import open_registry
    from trivet.registry.upgrade import upgrade_version

    registry = open_registry(Settings())
    name, old = registry.resolve(reference)
    new = upgrade_version(registry, name, old)
    told = (
        f"{name}: version {new} is version {old} in the newest format."
        if new != old
        else f"{name}/{old} has it already."
    )
    print_json({"name": name, "from": old, "version": new}) if as_json else print_lines([told])


@app.command()
def rollback(
    name: Annotated[str, typer.Argument(help="Name of the model.")],
    reason: Annotated[str, typer.Option(help="Why; goes into the log.")] = "",
    as_json: Json = False,
) -> None:
    """Make the version live again that was live before."""
    from trivet.registry.registry import open_registry

    version = open_registry(Settings()).rollback(name, reason=reason)
    print_json({"name": name, "live": version}) if as_json else print_lines(
        [f"{name}: version {version} is live again."]
    )


@app.command()
def log(name: Annotated[str, typer.Argument(help="Name of the model.")], as_json: Json = False) -> None:
    """What was registered, promoted and rolled back, oldest first."""
    from trivet.registry.registry import open_registry

    rows = open_registry(Settings()).log(name)
    print_json(rows) if as_json else print_table(
        rows, columns=("time", "change", "alias", "version", "reason", "accepted")
    )
