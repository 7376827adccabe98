"""`trivet models`: list and fetch pretrained encoders."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from trivet.cli.output import print_json, print_lines, print_table
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List and fetch pretrained encoders.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """The encoders of the catalogue and of TRIVET_MODELS, and where this machine has them."""
    from trivet.encoders.catalogue import list_encoders

    rows: list[dict[str, Any]] = [
        {
            "name": listing.name,
            "licence": listing.licence,
            "commercial": listing.commercial,
            "dim": listing.source.dim if listing.source else None,
            "here": listing.source.origin if listing.source else "",
            "path": str(listing.source.path) if listing.source else None,
            "about": listing.about,
        }
        for listing in list_encoders(Settings())
    ]
    print_json(rows) if as_json else print_table(rows, columns=("name", "licence", "here", "about"))


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A name of `trivet models list`, a hub id (owner/name) or a path.")],
    as_json: Json = False,
) -> None:
    """Bring an encoder to this machine and check it; one that is here is only checked."""
    from trivet.encoders.catalogue import find_encoder

    source = find_encoder(name, Settings())
    if as_json:
        print_json({**asdict(source), "path": str(source.path), "sha256": source.sha256})
        return
    use = "commercial use allowed" if source.commercial else "commercial use not known to be allowed"
    print_lines(
        [
            f"{source.name}: {source.layers} layers, width {source.dim}, {source.parameters / 1e6:.1f} M weights",
            f"licence   {source.licence}, {use}",
            f"path      {source.path} ({source.origin})",
        ]
    )
