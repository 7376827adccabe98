"""`trivet export`: the folder that a model serves from, for a place of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    out: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You may use data that is for research only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Copy a checked artifact without the weights for training, ready for `trivet serve --model support=FOLDER`."""
    from trivet.api import export as write

    size = write(model, out, accept_licence=accept_licence, settings=Settings())
    print_json({"path": str(out), "bytes": size}) if as_json else print_lines([f"{out}: {size / 1e6:.1f} MB."])
