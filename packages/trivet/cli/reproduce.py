"""`trivet reproduce`: trains a model again from its own recipe and says whether the same came out."""

from __future__ import annotations

from typing import Annotated

import typer

from trivet.cli.memory import spare_memory
from trivet.cli.output import print_json, print_lines
from trivet.cli.progress import ScreenProgress
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def reproduce(
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Train a model again and compare, part by part: `trivet reproduce support`; exit 1 where it is not the same."""
    from trivet.registry.open import find_artifact
    from trivet.reproduce import reproduce as train_again

    spare_memory()
    settings, progress = Settings(), ScreenProgress()
    try:
        result = train_again(find_artifact(model, settings), settings=settings, progress=progress)
    finally:
        progress.close()
    print_json(result.to_json()) if as_json else print_lines(result.lines())
    if not result.is_reproduced:
        raise typer.Exit(1)
