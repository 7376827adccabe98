"""`trivet evaluate`: the report of a model on a test set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trivet.cli.output import print_json, print_lines
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    dataset: Annotated[
        str, typer.Argument(help="A data set by name or path; default: the one it was trained on.")
    ] = "",
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    label: Annotated[str, typer.Option(help="Column of the label.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write report.json, report.html, plots and predictions here.")
    ] = None,
    no_baselines: Annotated[bool, typer.Option("--no-baselines", help="Leave out the simpler ways.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Score a model: `trivet evaluate support my-test.csv --out report`."""
    from trivet.data.judged import rows_to_judge
    from trivet.evaluate import evaluate as judge
    from trivet.evaluation.lines import headline, remarks
    from trivet.evaluation.write import write_report
    from trivet.registry.open import open_artifact

    settings = Settings()
    artifact = open_artifact(model, settings)
    report = judge(
        artifact,
        settings=settings,
        data=rows_to_judge(artifact.recipe.data, dataset, text=text, label=label) if dataset else None,
        with_baselines=not no_baselines,
    )
    written = write_report(report, out) if out is not None else None
    if as_json:
        print_json(report.to_json())
        return
    print_lines([headline(report.name, report), *(f"  {line}" for line in remarks(report))])
    if written is not None:
        print_lines([f"  report: {written.html}"])
