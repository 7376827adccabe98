"""The results table of the README, made from the records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trivet.bench.definition import Benchmark, Mark
from trivet.bench.record import Record, read_record, record_path, write_whole
from trivet.errors import TrivetError

BEGIN, END = "<!-- results: trivet bench table -->", "<!-- results end -->"
HEAD = "| figure | ours | 95 % interval | floor / aim | best known | baselines (paired p) |\n|---|---|---|---|---|---|"


def make_table(benchmarks: dict[str, Benchmark], marks: dict[str, Mark], root: Path) -> str:
    """One row a recorded benchmark in the order of its definition; below the table, what is not recorded by name."""
    rows, missing = [HEAD], []
    for identifier, benchmark in benchmarks.items():
        path = record_path(root, identifier)
        if path.exists():
            rows.append(_row(read_record(path), benchmark, marks.get(identifier)))
        else:
            missing.append(identifier)
    return "\n".join(rows) + (f"\n\nNot recorded yet: {', '.join(missing)}." if missing else "")


def put_tables(readme: Path, tables: Mapping[tuple[str, str], str]) -> None:
    """Writes each table between its two marks in the README, where it has them.

    Raises:
        TrivetError: it has the marks of none.
    """
    text = before = readme.read_text(encoding="utf-8") if readme.exists() else ""
    placed = False
    for (begin, end), table in tables.items():
        if begin in text and end in text:
            head, rest = text.split(begin, 1)
            text, placed = f"{head}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}", True
    if not placed:
        raise TrivetError(
            "has no place for the results table.", where=str(readme), todo=f"Add the lines {BEGIN} and {END}."
        )
    if text != before:
        write_whole(readme, text)


def count_seeds(record: Record, benchmark: Benchmark) -> str:
    """`3 seeds`, or `1 of 3 seeds` where some are not recorded; empty for a figure that has only one."""
    planned = len(benchmark.seeds)
    if len(record.seeds) < planned:
        return f"{len(record.seeds)} of {planned} seeds"
    return f"{planned} seeds" if planned > 1 else ""


def _row(record: Record, benchmark: Benchmark, mark: Mark | None) -> str:
    bars = f"{mark.floor:g} / {mark.aim:g}" if mark else ""
    known = f"{mark.mark:g}, {mark.source}" if mark and mark.mark is not None else ""
    seeds = count_seeds(record, benchmark)
    baselines = "; ".join(
        f"{name} {_number(baseline.value)}"
        + (f" ({_chance(baseline.paired_p)})" if baseline.paired_p is not None else "")
        for name, baseline in record.baselines.items()
    )
    interval = f"{_number(record.low)} to {_number(record.high)}"
    figure = f"{record.id}, {record.metric}" + (f" (mean of {seeds})" if seeds else "")
    return f"| {figure} | {_number(record.value)} | {interval} | {bars} | {known} | {baselines} |"


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"


def _chance(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-9 else "< 1e-9"
