"""`trivet dialogues`: rows whose messages stand behind what was said before them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

dialogues = typer.Typer(add_completion=False)


@dialogues.command()
def write(
    source: Annotated[
        str, typer.Argument(help="A set such as multidogo-finance, or a file: CSV, TSV, JSONL, Parquet.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write train, validation and test into.")],
    turns: Annotated[int, typer.Option(min=0, max=99, help="Earlier turns in front of a message; 0: none.")] = 3,
    user_only: Annotated[bool, typer.Option("--user-only", help="Leave out what the bot said.")] = False,
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    label: Annotated[str, typer.Option(help="Column of the intent; empty where nobody labelled the message.")] = "",
    dialogue: Annotated[str, typer.Option(help="Column of the dialogue's id; its rows stand in order.")] = "",
    role: Annotated[str, typer.Option(help="Column that says user or bot; none: all rows are the customer's.")] = "",
    encoder: Annotated[
        str, typer.Option(help="What will read the rows: no message is cut by its history.")
    ] = "minilm-l6",
    dropped: Annotated[float, typer.Option(min=0, max=0.5, help="Share of training rows without a history.")] = 0.15,
    wrong: Annotated[float, typer.Option(min=0, max=0.5, help="Share with the history of another dialogue.")] = 0.15,
    seed: Annotated[int, typer.Option(help="Of those shares.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Put the last turns in front of each message, for `trivet train support OUT --recipe history`."""
    from trivet.recipe.task import Classification
    from trivet.settings import Settings
    from trivet_support.dialogues.own import Columns, read_own
    from trivet_support.dialogues.sets import READERS, open_set
    from trivet_support.dialogues.write import Spoiling, fits_in, write_rows
    from trivet_support.history import Reads

    settings = Settings()
    if source in READERS:
        found = open_set(source, settings)
    else:
        found = read_own(Path(source).expanduser(), Columns(text, label, dialogue, role))
    reads = Reads(turns, bot=found.bot and not user_only) if turns else None
    written = write_rows(
        found,
        out,
        reads=reads,
        fits=fits_in(encoder, Classification().max_tokens, settings),
        spoiling=Spoiling(dropped, wrong, seed),
    )
    column = reads.column if reads else ""
    if as_json:
        parts = {part: {"rows": one.rows, "left_out": one.unknown} for part, one in written.items()}
        typer.echo(json.dumps({"out": str(out), "context": column, "parts": parts}))
        return
    for part, one in written.items():
        left = f", {one.unknown} left out: training has none of their intents" if one.unknown else ""
        typer.echo(f"{part:10}  {one.rows} rows{left}")
    kind = " --set task.kind=multilabel" if found.several else ""
    typer.echo(f"trivet train support {out} --recipe history --set data.columns.context={column}{kind}")
