"""`trivet add-label`: one more label for a model with a head of prototypes, within a second."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def add_label(
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    label: Annotated[str, typer.Argument(help="The new label.")],
    file: Annotated[Path, typer.Argument(help="Texts of that label: CSV, JSONL or Parquet.")],
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    out: Annotated[Path | None, typer.Option(help="Save here instead of in the registry.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Teach a model one more label: `trivet add-label support lost_phone examples.csv`."""
    from trivet.add_label import add_label, read_texts

    settings = Settings()
    texts = read_texts(file, column=text, settings=settings)
    grown = add_label(model, label, texts, settings=settings, out=out)
    print_json(grown.to_json()) if as_json else print_lines([grown.line()])
