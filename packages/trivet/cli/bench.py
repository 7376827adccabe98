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
TEN_SHOTS = ("banking77-10shot", "clinc150-10shot", "hwu64-10shot")


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
    from trivet.bench.workbench import open_workbench

    chosen = _chosen(read_benchmarks(root), ids)
    bench = open_workbench(root, Settings())
    records = [run_benchmark(benchmark, bench, only=tuple(seed or ()), again=again, say=say) for benchmark in chosen]
    rows: list[dict[str, Any]] = [
        {"id": record.id, "seeds": list(record.seeds), "value": record.value, "low": record.low, "high": record.high}
        for record in records
    ]
    columns = ("id", "seeds", "value", "low", "high")
    print_json(rows) if as_json else print_table([_shown(row) for row in rows], columns=columns)


@app.command()
def verify(
    ids: Annotated[list[str] | None, typer.Argument(help="Which; none: all.")] = None,
    root: Root = HERE,
    as_json: Json = False,
) -> None:
    """Recompute recorded values (no id: peers' too) from the kept predictions; exit code 1 where one differs."""
    from trivet.bench.definition import read_benchmarks
    from trivet.bench.peer_record import verify_peers
    from trivet.bench.verify import verify_all

    found = verify_all(_chosen(read_benchmarks(root), ids), root)
    if not ids:
        found += verify_peers(root)
    rows = [
        {
            "id": one.id,
            "seed": "mean" if one.seed is None else one.seed,
            "recorded": one.recorded,
            "recomputed": one.recomputed,
            "agrees": one.agrees,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows, columns=("id", "seed", "recorded", "recomputed", "agrees"))
    else:
        print_lines(["Nothing is recorded yet: `trivet bench run`."])
    if not all(row["agrees"] for row in rows):
        raise typer.Exit(1)


@app.command()
def stale(root: Root = HERE, as_json: Json = False) -> None:
    """Records whose recipe, data or imported modules have changed since; exit code 1 where there are any."""
    from trivet.bench.definition import read_benchmarks
    from trivet.bench.stale import find_stale
    from trivet.bench.workbench import open_workbench

    # A look at records fetches no data.
    bench = open_workbench(root, Settings(offline=True))
    rows = [vars(one) for one in find_stale(read_benchmarks(root).values(), bench, say=say)]
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
    from trivet.bench.definition import read_benchmarks, read_marks
    from trivet.bench.record import read_record, record_path
    from trivet.bench.table import count_seeds

    known = read_benchmarks(root)
    rows = []
    for mark in read_marks(root).values():
        row = {"id": mark.id, "value": None, "floor": mark.floor, "aim": mark.aim, "known": mark.mark}
        path = record_path(root, mark.id)
        if not path.exists():
            rows.append(row | {"reached": "not recorded", "seeds": ""})
            continue
        record = read_record(path)
        seeds = count_seeds(record, known[mark.id]) if mark.id in known else ""
        rows.append(row | {"value": record.value, "reached": mark.verdict(record.value), "seeds": seeds})
    columns = ("id", "value", "floor", "aim", "known", "reached", "seeds")
    print_json(rows) if as_json else print_table([_shown(row) for row in rows], columns=columns)


@app.command()
def table(
    root: Root = HERE,
    write: Annotated[Path | None, typer.Option(help="Put them into this file.")] = None,
) -> None:
    """The results table and that of the peers, from the records; a file gets those that it has a place for."""
    from trivet.bench import peer_table
    from trivet.bench.definition import read_benchmarks, read_marks
    from trivet.bench.table import BEGIN, END, make_table, put_tables

    results, peers = make_table(read_benchmarks(root), read_marks(root), root), peer_table.make_peer_table(root)
    if write is None:
        print_lines([results, "", peers])
    else:
        put_tables(write, {(BEGIN, END): results, (peer_table.BEGIN, peer_table.END): peers})


@app.command()
def peer(
    name: Annotated[str, typer.Argument(help="A folder of benchmarks/peers.")],
    dataset: Annotated[str, typer.Option(help="A data set by name or path.")] = "banking77",
    encoder: Annotated[str, typer.Option(help="The encoder that it starts from.")] = "minilm-l6",
    seed: Annotated[int, typer.Option(help="Of its training.")] = 0,
    python: Annotated[Path | None, typer.Option(help="An interpreter that has it; none: one is made.")] = None,
    root: Root = HERE,
    as_json: Json = False,
) -> None:
    """Run another library on the same rows, in an environment of its own, and record what it scores."""
    from trivet.bench.peer import Peer, run_peer
    from trivet.bench.workbench import open_workbench

    record = run_peer(Peer(name, dataset, encoder, seed, python), open_workbench(root, Settings()), say=say)
    if as_json:
        print_json(record.model_dump(mode="json"))
        return
    interval = f"{record.low:.4f} to {record.high:.4f}"
    seconds = f"{record.train_seconds:.1f} to learn, {record.predict_seconds:.1f} to label"
    row = {"peer": record.peer, "dataset": record.dataset, record.metric: f"{record.value:.4f}"}
    print_table([row | {"interval": interval, "seconds": seconds}], columns=(*row, "interval", "seconds"))


@app.command()
def versus(
    name: Annotated[str, typer.Argument(help="A folder of benchmarks/peers.")] = "setfit",
    dataset: Annotated[list[str] | None, typer.Option(help="Data sets; none: the three 10-shot splits.")] = None,
    encoder: Annotated[str, typer.Option(help="The encoder that both start from.")] = "minilm-l6",
    seed: Annotated[int, typer.Option(help="Of both trainings.")] = 0,
    python: Annotated[Path | None, typer.Option(help="An interpreter that has the other; none: one is made.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what is recorded and still stands.")] = False,
    root: Root = HERE,
    as_json: Json = False,
) -> None:
    """Few-shot training of ours against another library: accuracy, seconds, texts a second, peak memory."""
    from trivet.bench.peer import Peer
    from trivet.bench.versus import run_contest
    from trivet.bench.workbench import open_workbench

    other = Peer(name, encoder=encoder, seed=seed, python=python)
    contests = run_contest(other, dataset or TEN_SHOTS, open_workbench(root, Settings()), again=again, say=say)
    rows = [row for contest in contests for row in contest.rows()]
    print_json(rows) if as_json else print_table([_shown(row) for row in rows], columns=tuple(rows[0]))


def _chosen(known: dict[str, Any], ids: list[str] | None) -> list[Any]:
    unknown = [identifier for identifier in ids or [] if identifier not in known]
    if unknown:
        raise TrivetError(
            f"there is no benchmark {unknown[0]!r}.", where="trivet bench", todo=f"There are {', '.join(known)}."
        )
    return [known[identifier] for identifier in ids or known]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Figures as a person reads them; what is missing is blank."""
    return {
        name: "" if value is None else f"{value:.5g}" if isinstance(value, float) else value
        for name, value in row.items()
    }
