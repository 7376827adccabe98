"""`trivet data`: list, show, fetch and check data sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from trivet.cli.output import print_json, print_lines, print_table
from trivet.settings import Settings

if TYPE_CHECKING:
    from trivet.data.cards import DataCard
    from trivet.data.dataset import Dataset
    from trivet.data.lint import Finding

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List, show, fetch and check data sets.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Name = Annotated[str, typer.Argument(help="A name of `trivet data list`.")]


@app.command("list")
def list_sets(as_json: Json = False) -> None:
    """Every named set: what it is, its licence, and whether this machine has it."""
    from trivet.data.cards import list_cards

    settings = Settings()
    rows = [_row(card, settings) for card in list_cards()]
    print_json(rows) if as_json else print_table(rows, columns=("name", "train", "test", "licence", "use", "here"))


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """The data card of a set: origin, licence, citation, tables, traps, and where its files are."""
    from trivet.data.cards import read_card
    from trivet.data.place import find_place

    card, settings = read_card(name), Settings()
    places = {path: find_place(card, path, settings) for path in card.files}
    if as_json:
        found = {path: str(place.path) if place else None for path, place in places.items()}
        print_json({**card.model_dump(mode="json"), "places": found})
        return
    lines = [
        f"{card.name}: {card.title}",
        f"licence   {_licence(card)}",
        f"citation  {card.citation}",
        f"origin    {_origin(card)}",
        *(f"table     {table}: {spec.rows or '?'} rows of {spec.file}" for table, spec in card.tables.items()),
        *(f"file      {path}: {place.path if place else 'not here yet'}" for path, place in places.items()),
        *(f"trap      {trap}" for trap in card.traps),
    ]
    print_lines(lines)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="Names of `trivet data list`.")], as_json: Json = False
) -> None:
    """Bring sets to this machine and verify every file; what a mirror has is not copied."""
    from trivet.data.cards import read_card
    from trivet.data.place import fetch_files

    settings = Settings()
    places = {name: fetch_files(read_card(name), settings) for name in names}
    rows = [
        {"name": name, "file": file, "from": place.source, "path": str(place.path)}
        for name, files in places.items()
        for file, place in files.items()
    ]
    print_json(rows) if as_json else print_table(rows, columns=("name", "file", "from", "path"))


@app.command()
def lint(
    dataset: Annotated[str, typer.Argument(help="A name of `trivet data list`, or a path.")],
    text: Annotated[str, typer.Option(help="Column of the text.")] = "",
    label: Annotated[str, typer.Option(help="Column of the label.")] = "",
    user: Annotated[str, typer.Option(help="Column of the user (interactions).")] = "",
    item: Annotated[str, typer.Option(help="Column of the item (interactions).")] = "",
    time: Annotated[str, typer.Option(help="Column of the time.")] = "",
    target: Annotated[str, typer.Option(help="What the label's column holds: label, labels (a|b) or number.")] = "",
    test: Annotated[Path | None, typer.Option(help="A file of test rows.")] = None,
    items: Annotated[Path | None, typer.Option(help="The catalogue of a set of interactions.")] = None,
    max_tokens: Annotated[int, typer.Option(help="Texts longer than this are called long.")] = 128,
    as_json: Json = False,
) -> None:
    """What to know before training: duplicates, contradictions, rare labels, leaks; errors exit 1."""
    from trivet.data.sources import open_dataset
    from trivet.errors import InputError
    from trivet.recipe.data import Columns, DataRecipe, Target

    columns = Columns(text=text, label=label, user=user, item=item, time=time)
    if target not in get_args(Target):
        raise InputError(f"{target!r} is no target.", where="--target", todo="Use label, labels or number.")
    recipe = DataRecipe.model_validate(
        {
            "dataset": dataset,
            "columns": columns,
            "target": target,
            "test": str(test or ""),
            "items": str(items or ""),
        }
    )
    opened = open_dataset(recipe, Settings())
    findings = _findings(opened, max_tokens=max_tokens)
    facts = _facts(opened)
    if as_json:
        print_json({**facts, "findings": [finding.to_json() for finding in findings]})
    else:
        rows = ", ".join(f"{count} {table}" for table, count in facts["rows"].items())
        print_lines([f"{key:<9} {value}" for key, value in {**facts, "rows": rows}.items()])
        print_lines([line for finding in findings for line in _lines(finding)] or ["nothing to complain about"])
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


def _row(card: DataCard, settings: Settings) -> dict[str, Any]:
    from trivet.data.place import find_place

    places = [find_place(card, path, settings) for path in card.files]
    # A set is here when all of it is; the files of one set may lie in different places.
    here = ", ".join(sorted({place.source for place in places if place})) if all(places) else ""
    return {
        "name": card.name,
        "kind": card.kind,
        "title": card.title,
        "train": _rows(card, "interactions" if card.kind == "interactions" else "train"),
        "test": _rows(card, "test"),
        "licence": card.licence.name,
        "commercial": card.licence.commercial,
        "use": "any" if card.licence.commercial else "research",
        "here": here,
    }


def _rows(card: DataCard, table: str) -> int | str:
    """Rows of a table: `-` where the card does not say, nothing where a set has no such table."""
    return card.tables[table].rows or "-" if table in card.tables else ""


def _licence(card: DataCard) -> str:
    use = "commercial use allowed" if card.licence.commercial else "research only"
    return "; ".join(part for part in (f"{card.licence.name}, {use}", card.licence.url, card.licence.note) if part)


def _origin(card: DataCard) -> str:
    if card.package:
        return "part of trivet"
    only = "; cannot be fetched, a mirror must have it" if card.mirror_only else ""
    return f"{card.repository} at {card.commit[:12]}{only}"


def _findings(dataset: Dataset, *, max_tokens: int) -> tuple[Finding, ...]:
    from trivet.data.lint import lint_frame, lint_interactions

    if dataset.kind == "interactions":
        return lint_interactions(dataset.frame("interactions"), dataset.frame("items"))
    if dataset.kind == "pairs":
        train = dataset.frame("train")
        return lint_frame(train.assign(text=train["anchor"] + " " + train["positive"], label="a pair"))
    if dataset.kind == "tagging":
        train = dataset.frame("train")
        types = [" + ".join(sorted({label for _, _, label in spans})) or "no span" for spans in train["spans"]]
        return lint_frame(train.assign(label=types), max_tokens_hint=max_tokens)
    if dataset.kind == "multilabel":
        train = dataset.frame("train")
        return lint_frame(
            train.assign(label=[" + ".join(one) or "no label" for one in train["labels"]]), max_tokens_hint=max_tokens
        )
    if dataset.kind == "regression":
        train = dataset.frame("train")
        found = lint_frame(train.assign(label=train["number"].astype(str)), max_tokens_hint=max_tokens)
        return tuple(one for one in found if one.kind != "rare label")
    test = dataset.frame("test") if "test" in dataset.tables else None
    return lint_frame(dataset.frame("train"), test=test, max_tokens_hint=max_tokens)


def _facts(dataset: Dataset) -> dict[str, Any]:
    """Counts, and how much of the test is in train: the figure to print beside every score."""
    from trivet.data.overlap import measure_overlap

    facts: dict[str, Any] = {"name": dataset.name, "source": dataset.source, "licence": dataset.licence.name}
    shown = [table for table in dataset.tables if table != "texts"]
    facts["rows"] = {table: len(dataset.frame(table)) for table in shown}
    if dataset.kind == "tagging":
        facts["types"] = len({label for spans in dataset.frame("train")["spans"] for _, _, label in spans})
    if dataset.kind in ("classification", "multilabel", "regression"):
        train = dataset.frame("train")
        if "number" in train:
            facts["range"] = f"{train['number'].min():g} to {train['number'].max():g}"
        elif "labels" in train:
            facts["labels"] = len({label for labels in train["labels"] for label in labels})
        else:
            facts["labels"] = int(train["label"].nunique())
        if "test" in dataset.tables:
            facts["overlap"] = measure_overlap(list(train["text"]), list(dataset.frame("test")["text"])).line()
    return facts


def _lines(finding: Finding) -> list[str]:
    head = f"{finding.severity:<9} {finding.kind}, {finding.rows} rows: {finding.about}"
    return [head, *(f"          {example}" for example in finding.examples)]
