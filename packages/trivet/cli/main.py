"""The command `trivet`: finds a verb, runs it, and prints a user's mistake as one line with exit code 2."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from trivet import __version__
from trivet.errors import TrivetError

# Verbs are listed here with their line of help so that `trivet --help` imports none of them.
VERBS: dict[str, str] = {
    "data": "List, show, fetch and check data sets.",
    "models": "List and fetch pretrained encoders.",
    "advise": "Name encoder and method for a data set, with expected score and seconds.",
    "train": "Train a model from a data set by name or path.",
    "add-label": "Teach a model one more label from a few texts, within a second.",
    "evaluate": "Score a model on a test set, with intervals and baselines.",
    "compare": "Judge two models on the same test rows, with paired tests.",
    "predict": "Answer texts, or a whole file to a Parquet file.",
    "explain": "The words that an answer rests on, and the training rows most like the text.",
    "export": "Write what a model serves into a folder of your own.",
    "registry": "Versions, aliases, promotion and roll-back.",
    "reproduce": "Train a model again and say whether the same came out.",
    "bench": "Run, verify and list the recorded figures.",
}

# The status of a process that Ctrl-C ended; Typer gives it back in place of the exception.
INTERRUPTED = 130

# What the extra `train` brings; serving and predicting do without.
TRAINING_PACKAGES = frozenset(
    {
        "torch",
        "transformers",
        "peft",
        "accelerate",
        "sentence_transformers",
        "nncf",
        "onnx",
        "onnxscript",
        "sklearn",
        "matplotlib",
    }
)


class _Verbs(TyperGroup):
    """Loads a verb when it is called; verbs of services come by the entry-point group `trivet.commands`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*VERBS, *sorted(_plugins())]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in VERBS:
            return _command(import_module(f"trivet.cli.{cmd_name.replace('-', '_')}").app, cmd_name)
        plugin = _plugins().get(cmd_name)
        return _command(plugin.load(), cmd_name) if plugin else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        plugins = [(name, self.get_command(ctx, name).get_short_help_str(90)) for name in sorted(_plugins())]
        with formatter.section("Commands"):
            formatter.write_dl([*VERBS.items(), *plugins])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if not name.startswith("-") and name not in self.list_commands(ctx):
            from difflib import get_close_matches

            close = get_close_matches(name, self.list_commands(ctx), n=1)
            advice = f"Did you mean {close[0]!r}?" if close else "`trivet --help` lists them."
            raise TrivetError(f"there is no command {name!r}.", where="trivet", todo=advice)
        return super().resolve_command(ctx, args)


def _plugins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="trivet.commands")}


def _command(given: Any, name: str) -> Any:
    """A Typer app, or a plain function, as a command of that name."""
    if not isinstance(given, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command()(given)
        given = single
    made = get_command(given)
    made.name = name
    return made


app = typer.Typer(
    cls=_Verbs,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _show_version(asked: bool) -> None:
    if asked:
        print(f"trivet {__version__}")
        raise typer.Exit


@app.callback()
def trivet(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Pretrained language models as domain services: train in seconds, serve without torch."""


def run() -> None:
    """The entry point of the console script."""
    as_json = "--json" in sys.argv
    try:
        status = get_command(app).main(standalone_mode=False)
    except TrivetError as error:
        _complain(error.line(), as_json=as_json)
    except TyperException as error:
        told = error.format_message() if hasattr(error, "format_message") else str(error)
        _complain(f"{told} See --help.", as_json=as_json)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in TRAINING_PACKAGES:
            raise
        _complain(f"this needs {missing}, which only training needs. pip install 'trivet[train]'.", as_json=as_json)
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except MemoryError:
        _complain("memory ran out. Give fewer rows or texts at a time, or use a machine with more.", as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    if status == INTERRUPTED:
        _complain("interrupted; nothing was left half done.", as_json=as_json, status=INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)


def _complain(line: str, *, as_json: bool, status: int = 2) -> None:
    if as_json:
        print(json.dumps({"error": line}))
    print(f"trivet: {line}" if not line.startswith("trivet") else line, file=sys.stderr)
    sys.exit(status)
