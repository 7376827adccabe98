"""The results table of the README, made from the records."""

from __future__ import annotations

from pathlib import Path

from trivet.bench.definition import Benchmark, Mark
from trivet.bench.record import Record, read_record, record_path
from trivet.errors import TrivetError

BEGIN, END = "<!-- results: trivet bench table -->", "<!-- results end -->"
HEAD = "| figure | ours | 95 % interval | floor / aim | best known | baselines (paired p) |\n|---|---|---|---|---|---|"


def make_table(benchmarks: dict[str, Benchmark], marks: dict[str, Mark], root: Path) -> str:
    """One row a benchmark in the order of its definition; what is not recorded says so."""
    rows = [HEAD]
    for identifier in benchmarks:
        path = record_path(root, identifier)
        mark = marks.get(identifier)
        rows.append(_row(read_record(path), mark) if path.exists() else f"| {identifier} | not recorded | | | | |")
    return "\n".join(rows)


def put_table(readme: Path, table: str) -> None:
    """Writes the table between its two marks in the README.

    Raises:
        TrivetError: the marks are not there.
    """
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise TrivetError(
            "has no place for the results table.", where=str(readme), todo=f"Add the lines {BEGIN} and {END}."
        )
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def _row(record: Record, mark: Mark | None) -> str:
    bars = f"{mark.floor:g} / {mark.aim:g}" if mark else ""
    known = f"{mark.mark:g}, {mark.source}" if mark and mark.mark is not None else ""
    seeds = f" (mean of {len(record.seeds)} seeds)" if len(record.seeds) > 1 else ""
    baselines = "; ".join(
        f"{name} {_number(baseline.value)}" + (f" ({baseline.paired_p:.2g})" if baseline.paired_p is not None else "")
        for name, baseline in record.baselines.items()
    )
    interval = f"{_number(record.low)} to {_number(record.high)}"
    figure = f"{record.id}, {record.metric}{seeds}"
    return f"| {figure} | {_number(record.value)} | {interval} | {bars} | {known} | {baselines} |"


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
