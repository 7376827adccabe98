"""Which records no longer stand: their recipe, data or imported modules have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trivet.bench.definition import Benchmark
from trivet.bench.record import Record, read_record
from trivet.bench.workbench import Workbench
from trivet.errors import DataError


@dataclass(frozen=True)
class Stale:
    """A record that must be run again, and why."""

    id: str
    seed: int
    reason: str


def find_stale(benchmarks: Iterable[Benchmark], bench: Workbench, *, say: Callable[[str], None]) -> list[Stale]:
    """Every seed whose record is missing or no longer stands; data that cannot be opened is named, not held against it.

    Raises:
        TrivetError: a record is damaged or a recipe is missing.
    """
    found = []
    for benchmark in benchmarks:
        for seed in benchmark.seeds:
            path = bench.record(benchmark, seed)
            reason = reason_stale(read_record(path), benchmark, bench, say=say) if path.exists() else "not recorded"
            if reason:
                found.append(Stale(benchmark.id, seed, reason))
    return found


def reason_stale(record: Record, benchmark: Benchmark, bench: Workbench, *, say: Callable[[str], None]) -> str:
    """Why the record no longer stands; empty where it does."""
    if record.recipe_sha256 != bench.hash_recipe(benchmark):
        return "the recipe has changed"
    if record.modules_sha256 != bench.code.hash(record.modules):
        return "imported modules have changed"
    try:
        rows = bench.find_rows(benchmark)
    except DataError as error:
        say(f"{record.id} {record.seeds}: data not checked: {error.line()}")
        return ""
    if record.data_sha256 != rows.judged_sha256:
        return "the test data has changed"
    return "the training data has changed" if record.train_sha256 not in ("", rows.learnt_sha256) else ""
