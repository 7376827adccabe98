"""`trivet bench`: runs benchmarks, verifies records, lists the stale ones and the figures to reach."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from trivet.cli.output import print_json, print_lines, print_table, say
from trivet.errors import TrivetError
from trivet.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Run, verify and list the recorded figures.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Root = Annotated[Path, typer.Option(help="The folder benchmarks/ of a checkout.")]
HERE = Path("benchmarks")


@app.command()
def run(
    ids: Annotated[list[str] | None, typer.Argument(help="Which; none: all.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Only these of the fixed seeds.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what is recorded and still stands.")] = False,
    root: Root = HERE,
    as_json: Json = False,
) -> None:
    """Measure what is not recorded or no longer stands; a record is written as each seed finishes."""
    from trivet.bench.definition import read_benchmarks
    from trivet.bench.run import run_benchmark

    known = read_benchmarks(root)
    records = [
        run_benchmark(benchmark, root=root, settings=Settings(), only=tuple(seed or ()), again=again, say=say)
        for benchmark in _chosen(known, ids)
    ]
    rows = [{"id": record.id, "value": record.value, "low": record.low, "high": record.high} for record in records]
    print_json(rows) if as_json else print_table(rows, columns=("id", "value", "low", "high"))


@app.command()
def verify(
    ids: Annotated[list[str] | None, typer.Argument(help="Which; none: all.")] = None,
    root: Root = HERE,
    as_json: Json = False,
) -> None:
    """Recompute recorded values from the kept predictions; exit code 1 where one differs."""
    from trivet.bench.definition import read_benchmarks
    from trivet.bench.record import read_record, record_path
    from trivet.bench.verify import verify as verify_record

    rows: list[dict[str, Any]] = []
    for benchmark in _chosen(read_benchmarks(root), ids):
        for seed in benchmark.seeds:
            path = record_path(root, benchmark.id, seed)
            if path.exists():
                one = verify_record(read_record(path), benchmark, root)
                rows.append(
                    {
                        "id": one.id,
                        "seed": one.seed,
                        "recorded": one.recorded,
                        "recomputed": one.recomputed,
                        "agrees": one.agrees,
                    }
                )
    print_json(rows) if as_json else print_table(rows, columns=("id", "seed", "recorded", "recomputed", "agrees"))
    if not all(row["agrees"] for row in rows):
        raise typer.Exit(1)


@app.command()
def stale(root: Root = HERE, as_json: Json = False) -> None:
    """Records whose recipe, data or imported modules have changed since; exit code 1 where there are any."""
    from trivet.bench.definition import read_benchmarks
    from trivet.bench.stale import find_stale

    rows = [vars(one) for one in find_stale(read_benchmarks(root), root, Settings())]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, columns=("id", "seed", "reason"))
    else:
        print_lines(["Every record stands."])
    if rows:
        raise typer.Exit(1)


@app.command()
def marks(root: Root = HERE, as_json: Json = False) -> None:
    """The figures to reach and what is recorded."""
    from trivet.bench.definition import read_marks
    from trivet.bench.record import read_record, record_path

    rows = []
    for mark in read_marks(root).values():
        path = record_path(root, mark.id)
        value = read_record(path).value if path.exists() else None
        reached = mark.verdict(value) if value is not None else "not recorded"
        rows.append(
            {
                "id": mark.id,
                "value": value,
                "floor": mark.floor,
                "aim": mark.aim,
                "known": mark.mark,
                "reached": reached,
            }
        )
    print_json(rows) if as_json else print_table(rows, columns=("id", "value", "floor", "aim", "known", "reached"))


@app.command()
def table(
    root: Root = HERE,
    write: Annotated[Path | None, typer.Option(help="Put it into this README.")] = None,
) -> None:
    """The results table, from the records."""
    from trivet.bench.definition import read_benchmarks, read_marks
    from trivet.bench.table import make_table, put_table

    made = make_table(read_benchmarks(root), read_marks(root), root)
    if write is None:
        print_lines([made])
    else:
        put_table(write, made)


def _chosen(known: dict[str, Any], ids: list[str] | None) -> list[Any]:
    unknown = [identifier for identifier in ids or [] if identifier not in known]
    if unknown:
        raise TrivetError(
            f"there is no benchmark {unknown[0]!r}.", where="trivet bench", todo=f"There are {', '.join(known)}."
        )
    return [known[identifier] for identifier in ids or known]
