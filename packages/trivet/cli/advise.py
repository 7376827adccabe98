"""`trivet advise`: which encoder and method for a data set, with what score, in how many seconds, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def advise(
    dataset: Annotated[str, typer.Argument(help="A data set by name or path.")],
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    label: Annotated[str, typer.Option(help="Column of the label.")] = "",
    minutes: Annotated[float, typer.Option(min=0, help="Training may take so long.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Name encoder and method for a data set: `trivet advise my.csv`."""
    from trivet.advise import advise as give_advice
    from trivet.recipe import build_recipe

    columns = {role: name for role, name in (("text", text), ("label", label)) if name}
    recipe = build_recipe({"name": "advice", "data": {"dataset": dataset, "columns": columns}})
    advice = give_advice(recipe, settings=Settings(), minutes=minutes)
    print_json(advice.to_json()) if as_json else print_lines(advice.lines())
