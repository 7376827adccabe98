"""`trivet switch`: from another product to ours, with its own files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from trivet_support.switching.imported import Imported

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Switch from Rasa, CLINC files, CSV or SetFit.")

_Name = Annotated[str, typer.Option(help="Name in the registry; a tenant's own model is support--TENANT.")]
_Test = Annotated[Path | None, typer.Option(help="Rows to judge on; without them a part of the others is held out.")]
_Text = Annotated[str, typer.Option(help="Column of the text.")]
_Label = Annotated[str, typer.Option(help="Column of the intent.")]
_Predicted = Annotated[str, typer.Option(help="Column of what the other product answered.")]
_Url = Annotated[str, typer.Option(help="Where `trivet serve` will be reached.")]
_NoPromote = Annotated[bool, typer.Option("--no-promote", help="Register, but do not make it live.")]
_Set = Annotated[list[str] | None, typer.Option("--set", help="Any knob: --set method.kind=full.")]
_Accept = Annotated[
    bool, typer.Option("--accept-licence", help="It may go live though it is for research only; goes into the log.")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
_URL = "http://127.0.0.1:8800"


@dataclass(frozen=True)
class _Asked:
    """What every kind of switch is told."""

    name: str
    url: str
    set_: list[str] | None
    no_promote: bool
    accept_licence: bool
    as_json: bool


@app.command()
def rasa(
    bot: Annotated[Path, typer.Argument(help="A bot's folder, or its nlu.yml or folder of training data.")],
    results: Annotated[Path | None, typer.Option(help="What `rasa test nlu` wrote; default: BOT/results.")] = None,
    test: _Test = None,
    name: _Name = "support",
    url: _Url = _URL,
    set_: _Set = None,
    no_promote: _NoPromote = False,
    accept_licence: _Accept = False,
    as_json: _Json = False,
) -> None:
    """Switch a Rasa bot: `trivet switch rasa my-bot`; then one line of its endpoints.yml changes."""
    from trivet_support.switching.rasa_bot import read_bot

    line = f"nlu: {{url: {url.rstrip('/')}/compat/rasa/, token: YOUR-KEY}}"
    steps = [f"In the bot's endpoints.yml this one line (the key of `trivet keys create`):  {line}"]
    _switch(
        read_bot(bot, test=test, results=results), steps, _Asked(name, url, set_, no_promote, accept_licence, as_json)
    )


@app.command()
def clinc(
    file: Annotated[Path, typer.Argument(help='JSON: {"train": [["text", "intent"], ...], "test": ..., "oos_test"}.')],
    predictions: Annotated[Path | None, typer.Option(help="A file of texts and another's predictions.")] = None,
    name: _Name = "support",
    url: _Url = _URL,
    set_: _Set = None,
    no_promote: _NoPromote = False,
    accept_licence: _Accept = False,
    as_json: _Json = False,
) -> None:
    """Switch with a file in the shape of CLINC150: `trivet switch clinc data_full.json`."""
    from trivet_support.switching.clinc import read_clinc
    from trivet_support.switching.peer import Peer
    from trivet_support.switching.tables import Columns, read_sheet

    peer = None
    if predictions is not None:
        told = read_sheet(predictions, Columns(), needs_label=False).predicted
        peer = Peer("the peer", str(predictions), told)
    _switch(read_clinc(file, peer=peer), _ask(url), _Asked(name, url, set_, no_promote, accept_licence, as_json))


@app.command()
def csv(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, JSONL or Parquet with a text and an intent a row.")],
    test: _Test = None,
    text: _Text = "",
    label: _Label = "",
    predicted: _Predicted = "",
    name: _Name = "support",
    url: _Url = _URL,
    set_: _Set = None,
    no_promote: _NoPromote = False,
    accept_licence: _Accept = False,
    as_json: _Json = False,
) -> None:
    """Switch with a table of rows: `trivet switch csv rows.csv --predicted rasa`."""
    from trivet_support.switching.tables import Columns, read_csv

    columns = Columns(text, label, predicted)
    imported = read_csv(file, columns=columns, test=test, name=predicted or "the peer")
    _switch(imported, _ask(url), _Asked(name, url, set_, no_promote, accept_licence, as_json))


@app.command()
def setfit(
    file: Annotated[
        Path, typer.Argument(help="A folder with train.csv, test.csv, predictions and metrics; or a file.")
    ],
    test: _Test = None,
    predictions: Annotated[Path | None, typer.Option(help="Texts with predictions, or a JSON list of them.")] = None,
    report: Annotated[Path | None, typer.Option(help="What trainer.evaluate() gave, as JSON.")] = None,
    text: _Text = "",
    label: _Label = "",
    name: _Name = "support",
    url: _Url = _URL,
    set_: _Set = None,
    no_promote: _NoPromote = False,
    accept_licence: _Accept = False,
    as_json: _Json = False,
) -> None:
    """Switch a SetFit project: `trivet switch setfit my-project`."""
    from trivet_support.switching.setfit import read_setfit
    from trivet_support.switching.tables import Columns

    columns = Columns(text, label)
    imported = read_setfit(file, columns=columns, test=test, predictions=predictions, report=report)
    _switch(imported, _ask(url), _Asked(name, url, set_, no_promote, accept_licence, as_json))


def _ask(url: str) -> list[str]:
    return [f"In your code this one line:  requests.post('{url.rstrip('/')}/v1/parse', json={{'text': text}}).json()"]


def _switch(imported: Imported, steps: list[str], asked: _Asked) -> None:
    from trivet.artifact.licence import acceptance
    from trivet.cli.memory import spare_memory
    from trivet.cli.output import print_json, print_lines
    from trivet.cli.overrides import read_overrides
    from trivet.cli.progress import ScreenProgress
    from trivet.cli.services import recipe_of
    from trivet.recipe import read_recipe
    from trivet.settings import Settings
    from trivet_support.switching.shelf import ENTITIES
    from trivet_support.switching.switch import switch

    spare_memory()
    recipe = read_recipe(
        recipe_of("support", "default"), overrides={**read_overrides(asked.set_ or []), "name": asked.name}
    )
    progress = ScreenProgress()
    try:
        done = switch(
            imported,
            recipe,
            settings=Settings(),
            progress=progress,
            go_live=not asked.no_promote,
            accepted=acceptance() if asked.accept_licence else "",
        )
    finally:
        progress.close()
    serve = "Serve it:  trivet serve support"
    if (done.folder / ENTITIES).is_dir():
        files = done.folder / ENTITIES
        put = f"curl -X PUT -H 'X-API-Key: YOUR-KEY' {asked.url}/v1/entities/$(basename $one .json) -d @$one"
        steps = [f"Give it the bot's entities:  for one in {files}/*.json; do {put}; done", *steps]
    print_json(done.to_json() | {"next": [serve, *steps]}) if asked.as_json else print_lines(
        [*done.lines(), serve, *steps]
    )
