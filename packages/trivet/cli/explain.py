"""`trivet explain`: the words that an answer rests on, and the training rows that are most like the text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trivet.cli.output import print_json, say
from trivet.errors import InputError
from trivet.settings import Settings

if TYPE_CHECKING:
    from rich.text import Text

    from trivet.explain.explanation import Explanation

app = typer.Typer(add_completion=False, no_args_is_help=True)
# Of the display: characters of the longest bar, most words, and the least weight that is worth a line.
BAR, WORDS, LEAST = 20, 8, 0.0005


@app.command()
def explain(
    model: Annotated[str, typer.Argument(help="name, name/3, name@live, or a folder.")],
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; none: one a line from standard input.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file of texts: CSV, JSONL or Parquet.")] = None,
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    out: Annotated[Path | None, typer.Option(help="A Parquet file for the explanations of --file.")] = None,
    k: Annotated[int, typer.Option(min=0, max=1000, help="Nearest training rows; 0: none are looked for.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Explain answers: `trivet explain support "card still not here"`."""
    from trivet.explain.explanation import explain as find_reasons
    from trivet.explain.neighbours import open_examples
    from trivet.registry.open import open_artifact

    settings = Settings()
    if (file is None) != (out is None):
        raise InputError("--file and --out go together.", where="trivet explain", todo="Give both, or texts.")
    artifact = open_artifact(model, settings)
    given = [] if file else texts or [line.rstrip("\n") for line in sys.stdin]
    # A bad text is told before the training rows are embedded.
    artifact.encode(given)
    examples = open_examples(artifact, settings, say=say) if k else None
    if examples is not None and examples.changed:
        say("the data set has changed since this model was trained: an example may be a row that it never saw")
    if file is not None and out is not None:
        from trivet.explain.file import explain_file

        rows = explain_file(artifact, file, out, column=text, examples=examples, k=k, settings=settings, say=say)
        print_json({"path": str(out), "rows": rows}) if as_json else say(f"{out}: {rows} rows.")
        return
    found = find_reasons(artifact, given, examples=examples, k=k)
    if as_json:
        changed = examples is not None and examples.changed
        print_json([one.to_json() | {"changed": changed} for one in found])
        return
    for one in found:
        _show(one)


def _show(one: Explanation) -> None:
    """The text with its words tinted by weight, the answer, the heaviest words with bars, the nearest rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(_tint(one))
    decided = "" if one.answer.decision == "answer" else f", {one.answer.decision}"
    console.print(f"  {one.answer.label} {one.answer.confidence:.2f}{decided}", style="bold", markup=False)
    heaviest = sorted(one.attribution.words, key=lambda word: -abs(word.weight))[:WORDS]
    words = Table(box=None, show_header=False, padding=(0, 2))
    for word in heaviest:
        if abs(word.weight) >= LEAST:
            bar = "█" * round(BAR * abs(word.weight) / abs(heaviest[0].weight))
            colour = "green" if word.weight > 0 else "red"
            words.add_row(Text(word.text), f"{word.weight:+.3f}", Text(bar, style=colour))
    if words.row_count:
        console.print("  so far the probability falls without the word")
        console.print(words)
    else:
        console.print("  no word carries the answer: without any of them it is as probable.")
    if not one.examples:
        return
    near = Table(box=None, show_header=False, padding=(0, 2))
    for no_wrap in (True, True, True, False):
        near.add_column(no_wrap=no_wrap, overflow="fold")
    for example in one.examples:
        place = f"{Path(example.file).name}:{example.line}"
        near.add_row(f"{example.distance:.3f}", Text(example.label), Text(place), Text(example.text))
    console.print("  nearest training rows, by cosine distance")
    console.print(near)


def _tint(one: Explanation) -> Text:
    """The text on one line; a terminal shows what speaks for the answer green, what speaks against it red."""
    from rich.text import Text

    shown = Text(one.text.replace("\n", " "))
    most = max((abs(word.weight) for word in one.attribution.words), default=0.0)
    for word in one.attribution.words:
        share = abs(word.weight) / most if most else 0.0
        if share >= 0.1:
            colour = "green" if word.weight > 0 else "red"
            shown.stylize(f"bold {colour}" if share >= 0.5 else colour, word.start, word.end)
    return shown
