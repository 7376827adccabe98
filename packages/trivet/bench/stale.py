"""Which records no longer stand: their recipe, data or imported modules have changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from trivet.bench.definition import Benchmark
from trivet.bench.provenance import hash_modules
from trivet.bench.record import Record, read_record, record_path
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe import read_recipe
from trivet.settings import Settings


@dataclass(frozen=True)
class Stale:
    """A record that must be run again, and why."""

    id: str
    seed: int
    reason: str


def find_stale(benchmarks: dict[str, Benchmark], root: Path, settings: Settings) -> list[Stale]:
    """Every seed whose record is missing or no longer stands; data that is not here is not checked."""
    found = []
    for benchmark in benchmarks.values():
        for seed in benchmark.seeds:
            path = record_path(root, benchmark.id, seed)
            reason = reason_stale(read_record(path), benchmark, root, settings) if path.exists() else "not recorded"
            if reason:
                found.append(Stale(benchmark.id, seed, reason))
    return found


def hash_recipe(benchmark: Benchmark, root: Path) -> str:
    """sha256 of the recipe file."""
    return hashlib.sha256((root / "recipes" / benchmark.recipe).read_bytes()).hexdigest()


def reason_stale(record: Record, benchmark: Benchmark, root: Path, settings: Settings) -> str:
    """Why the record no longer stands; empty where it does."""
    if record.recipe_sha256 != hash_recipe(benchmark, root):
        return "the recipe has changed"
    if record.modules_sha256 != hash_modules(record.modules):
        return "imported modules have changed"
    recipe = read_recipe(root / "recipes" / benchmark.recipe)
    try:
        now = open_dataset(recipe.data, settings).sha256(record.split)
    except DataError:
        return ""
    return "the data has changed" if record.data_sha256 != now else ""
