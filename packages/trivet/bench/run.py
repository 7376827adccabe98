"""Runs a benchmark seed by seed; each record is written as it is finished, and what stands is skipped."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

import numpy as np

from trivet.artifact.artifact import Artifact
from trivet.bench.definition import Benchmark
from trivet.bench.measures import (
    Measured,
    measure_batch_flips,
    measure_int8_loss,
    measure_quality,
    measure_service,
)
from trivet.bench.provenance import current_commit, describe_machine, hash_modules, imported_modules
from trivet.bench.record import Baseline, Record, read_record, record_path, write_json
from trivet.bench.stale import hash_recipe, reason_stale
from trivet.bench.verify import recompute
from trivet.data.sources import open_dataset
from trivet.evaluation.intervals import bootstrap_interval
from trivet.recipe import Recipe, read_recipe
from trivet.settings import Settings
from trivet.train import train

RUNS = 5
SPLIT = "test"


def run_benchmark(
    benchmark: Benchmark,
    *,
    root: Path,
    settings: Settings,
    only: tuple[int, ...],
    again: bool,
    say: Callable[[str], None],
) -> Record:
    """The record of all seeds that are there; missing and stale seeds are measured first.

    Raises:
        TrivetError: the data set or the recipe is missing, or a run fails.
    """
    for seed in only or benchmark.seeds:
        path = record_path(root, benchmark.id, seed)
        if path.exists() and not again and not reason_stale(read_record(path), benchmark, root, settings):
            say(f"{benchmark.id} seed {seed}: stands")
            continue
        record = _measure_seed(benchmark, seed, root=root, settings=settings, say=say)
        say(f"{benchmark.id} seed {seed}: {record.value:.4f}")
    return _summarise(benchmark, root)


def _measure_seed(
    benchmark: Benchmark, seed: int, *, root: Path, settings: Settings, say: Callable[[str], None]
) -> Record:
    recipe = read_recipe(root / "recipes" / benchmark.recipe, overrides={"training.seed": seed})
    path = _trained(recipe, benchmark, seed, root=root, settings=settings, say=say)
    measured = _measure(benchmark, recipe, path, settings, seed=seed)
    predictions = record_path(root, benchmark.id, seed).with_suffix(".predictions.json")
    modules = imported_modules()
    record = Record(
        id=benchmark.id,
        metric=benchmark.metric,
        value=recompute(benchmark, measured.kept),
        low=measured.low,
        high=measured.high,
        seeds=(seed,),
        dataset=recipe.data.dataset,
        split=SPLIT,
        data_sha256=open_dataset(recipe.data, settings).sha256(SPLIT),
        recipe_sha256=hash_recipe(benchmark, root),
        command=f"trivet bench run {benchmark.id} --seed {seed}",
        modules=modules,
        modules_sha256=hash_modules(modules),
        commit=current_commit(root),
        machine=describe_machine(),
        predictions=str(predictions.relative_to(root)),
        baselines=measured.baselines,
        note=benchmark.note,
    )
    write_json(predictions, measured.kept)
    write_json(record_path(root, benchmark.id, seed), record)
    return record


def _measure(benchmark: Benchmark, recipe: Recipe, path: Path, settings: Settings, *, seed: int) -> Measured:
    match benchmark.measure:
        case "quality":
            return measure_quality(_load(path, settings), recipe, settings, seed=seed)
        case "int8_loss":
            exact = Artifact.load(path, precision="fp32", threads=settings.threads)
            return measure_int8_loss(_load(path, settings), exact, recipe, settings, seed=seed)
        case "batch_flips":
            return measure_batch_flips(_load(path, settings), recipe, settings)
        case "service_memory" | "service_start":
            return measure_service(path, settings, what=benchmark.measure, runs=RUNS)
        case _:
            assert_never(benchmark.measure)


def _load(path: Path, settings: Settings) -> Artifact:
    return Artifact.load(path, threads=settings.threads)


def _trained(
    recipe: Recipe, benchmark: Benchmark, seed: int, *, root: Path, settings: Settings, say: Callable[[str], None]
) -> Path:
    """The artifact of this recipe and seed by today's code; trained once and kept under benchmarks/work."""
    modules = hash_modules(_trains())
    key = hashlib.sha256(f"{recipe.model_dump_json()}{modules}".encode()).hexdigest()[:16]
    folder = root / "work" / f"{Path(benchmark.recipe).stem}-{seed}"
    path = folder / key
    if not path.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        say(f"{benchmark.id} seed {seed}: training")
        train(recipe, out=path, settings=settings).close()
    return path


def _trains() -> tuple[str, ...]:
    """Every module of the core that a training run can import."""
    import trivet

    folder = Path(trivet.__file__).parent
    names = (".".join(path.relative_to(folder.parent).with_suffix("").parts) for path in folder.rglob("*.py"))
    return tuple(sorted(name for name in names if not name.startswith(("trivet.cli", "trivet.bench"))))


def _summarise(benchmark: Benchmark, root: Path) -> Record:
    """The mean of the recorded seeds; its interval resamples rows, each with its mean outcome over the seeds."""
    there = [seed for seed in benchmark.seeds if record_path(root, benchmark.id, seed).exists()]
    records = [read_record(record_path(root, benchmark.id, seed)) for seed in there]
    value = float(np.mean([record.value for record in records]))
    low, high = float(np.mean([one.low for one in records])), float(np.mean([one.high for one in records]))
    if benchmark.measure == "quality" and len(records) > 1:
        low, high = _resample(root, records)
    baselines = {
        name: Baseline(
            value=float(np.mean([record.baselines[name].value for record in records])),
            paired_p=max(record.baselines[name].paired_p or 0.0 for record in records),
        )
        for name in records[0].baselines
    }
    summary = records[0].model_copy(
        update={
            "value": value,
            "low": low,
            "high": high,
            "seeds": tuple(there),
            "per_seed": {record.seeds[0]: record.value for record in records},
            "command": f"trivet bench run {benchmark.id}",
            "predictions": f"records/{benchmark.id}",
            "baselines": baselines,
        }
    )
    write_json(record_path(root, benchmark.id), summary)
    return summary


def _resample(root: Path, records: list[Record]) -> tuple[float, float]:
    import json

    kept = [json.loads((root / record.predictions).read_text(encoding="utf-8")) for record in records]
    right = np.mean([np.asarray(one["predicted"]) == np.asarray(one["truth"]) for one in kept], axis=0)
    interval = bootstrap_interval(right, seed=0)
    return interval.low, interval.high
