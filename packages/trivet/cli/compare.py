"""`trivet compare`: two models on the same test rows, with paired tests."""

from __future__ import annotations

from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)
INFERIOR = 1


@app.command()
def compare(
    a: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    b: Annotated[str, typer.Argument(help="The model to compare it with.")],
    dataset: Annotated[str, typer.Argument(help="A data set by name or path; default: the one A was trained on.")] = "",
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    label: Annotated[str, typer.Option(help="Column of the label.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Compare two models: `trivet compare support/4 support@live`. Exit code 1 where A is inferior to B."""
    from trivet.compare import compare as put_together
    from trivet.data.judged import rows_to_judge
    from trivet.evaluation.versus import lines
    from trivet.registry.open import open_artifact

    settings = Settings()
    ours, theirs = (open_artifact(one, settings) for one in (a, b))
    data = rows_to_judge(ours.recipe.data, dataset, text=text, label=label) if dataset else None
    versus = put_together(ours, theirs, settings=settings, data=data, names=(a, b))
    print_json(versus.to_json()) if as_json else print_lines(lines(versus))
    if versus.verdict == "inferior":
        raise typer.Exit(INFERIOR)
