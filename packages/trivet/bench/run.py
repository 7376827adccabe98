"""Runs a benchmark seed by seed; each record is written as it is finished, and what stands is skipped."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from trivet.artifact.artifact import Artifact
from trivet.artifact.card import Card
from trivet.artifact.documents import read_document
from trivet.artifact.layout import CARD
from trivet.bench.definition import Benchmark
from trivet.bench.measures import (
    Measured,
    measure_batch_flips,
    measure_int8_loss,
    measure_quality,
    measure_service,
)
from trivet.bench.provenance import counted, current_commit, describe_machine
from trivet.bench.record import Record, read_json, read_record, write_predictions, write_record
from trivet.bench.service_measure import Asked, OfService, load_measure
from trivet.bench.stale import reason_stale
from trivet.bench.summary import summarise
from trivet.bench.verify import recompute
from trivet.bench.workbench import Workbench
from trivet.data.dataset import Dataset
from trivet.errors import TrivetError
from trivet.recipe import Recipe
from trivet.train import open_learning, train

if TYPE_CHECKING:
    from trivet.bench.measure_transfer import Carried

RUNS = 5
SPLIT = "test"
TRAINED_BY = "modules.json"


def run_benchmark(
    benchmark: Benchmark,
    bench: Workbench,
    *,
    only: tuple[int, ...] = (),
    again: bool = False,
    say: Callable[[str], None],
) -> Record:
    """The record of all seeds that stand; of those asked for (`only`; none: all), what is missing or stale is measured.

    Raises:
        TrivetError: a seed is not one of those fixed, the data set or the recipe is missing, or a run fails.
    """
    for seed in only:
        if seed not in benchmark.seeds:
            fixed = ", ".join(map(str, benchmark.seeds))
            raise TrivetError(f"seed {seed} was not fixed beforehand.", where=benchmark.id, todo=f"Fixed are {fixed}.")
    for seed in only or benchmark.seeds:
        path = bench.record(benchmark, seed)
        if path.exists() and not again and not reason_stale(read_record(path), benchmark, bench, say=say):
            say(f"{benchmark.id} seed {seed}: stands")
            continue
        record = _measure_seed(benchmark, seed, bench, say=say)
        say(f"{benchmark.id} seed {seed}: {record.value:.4f}")
        _summarise(benchmark, bench)
    return _summarise(benchmark, bench)


def _summarise(benchmark: Benchmark, bench: Workbench) -> Record:
    paths = [bench.record(benchmark, seed) for seed in benchmark.seeds]
    records = [read_record(path) for path in paths if path.exists()]
    standing = [one for one in records if not reason_stale(one, benchmark, bench, say=lambda _: None)]
    summary = summarise(benchmark, standing, bench.root)
    write_record(bench.record(benchmark), summary)
    return summary


def _measure_seed(benchmark: Benchmark, seed: int, bench: Workbench, *, say: Callable[[str], None]) -> Record:
    if isinstance(benchmark.measure, OfService):
        measured, trained = _ask_service(benchmark.measure, benchmark, seed, bench, say=say)
    else:
        recipe = bench.recipe(benchmark, seed=seed)
        path = _trained(recipe, benchmark, seed, bench, say=say)
        measured = _measure(benchmark, recipe, path, bench, seed=seed, say=say)
        trained = _trained_by(path)
    predictions = bench.record(benchmark, seed).with_suffix(".predictions.json")
    modules = counted({*sys.modules, *trained, *measured.modules})
    rows = bench.find_rows(benchmark)
    record = Record(
        id=benchmark.id,
        metric=benchmark.metric,
        value=recompute(benchmark, measured.kept),
        low=measured.low,
        high=measured.high,
        seeds=(seed,),
        dataset=rows.dataset,
        split=SPLIT,
        data_sha256=rows.judged_sha256,
        train_sha256=rows.learnt_sha256,
        recipe_sha256=bench.hash_recipe(benchmark),
        command=f"trivet bench run {benchmark.id} --seed {seed}",
        modules=modules,
        modules_sha256=bench.code.hash(modules),
        commit=current_commit(bench.root),
        machine=describe_machine(),
        predictions=str(predictions.relative_to(bench.root)),
        baselines=measured.baselines,
        note=benchmark.note,
    )
    write_predictions(predictions, measured.kept)
    write_record(bench.record(benchmark, seed), record)
    return record


def _ask_service(
    of: OfService, benchmark: Benchmark, seed: int, bench: Workbench, *, say: Callable[[str], None]
) -> tuple[Measured, tuple[str, ...]]:
    """What a service's measure found, and the modules that trained what it asked for."""
    apart = {name: benchmark.model_copy(update={"recipe": name}) for name in (benchmark.recipe, *benchmark.beside)}
    recipes = {name: bench.recipe(one, seed=seed) for name, one in apart.items() if name}
    trained: set[str] = set()

    def train_one(wanted: Recipe) -> Path:
        # One that the measure made, as over rows that it wrote, has a folder of its own.
        own = f"{benchmark.id}-{hashlib.sha256(wanted.model_dump_json().encode()).hexdigest()[:16]}"
        name = next((name for name, one in recipes.items() if one == wanted), own)
        path = _trained(wanted, benchmark.model_copy(update={"recipe": name}), seed, bench, say=say)
        trained.update(_trained_by(path))
        return path

    work = bench.root / "work" / "measures" / f"{benchmark.id}-{seed}"
    work.mkdir(parents=True, exist_ok=True)
    asked = Asked(
        recipe=recipes.get(benchmark.recipe),
        beside=tuple(recipes[name] for name in benchmark.beside),
        judge=benchmark.judge,
        options=benchmark.options,
        settings=bench.settings,
        train=train_one,
        seed=seed,
        work=work,
        say=say,
    )
    return load_measure(of).run(asked), tuple(trained)


def _measure(
    benchmark: Benchmark, recipe: Recipe, path: Path, bench: Workbench, *, seed: int, say: Callable[[str], None]
) -> Measured:
    settings = bench.settings
    with ExitStack() as opened:

        def load(*, precision: Literal["fp32"] | None = None) -> Artifact:
            return opened.enter_context(closing(Artifact.load(path, precision=precision, threads=settings.threads)))

        # A record rests on what its run imported: not on what other measures need.
        match benchmark.measure:
            case "quality":
                from trivet.bench.guesses import guess_labels

                guesses = guess_labels(recipe, bench)
                return measure_quality(load(), recipe, settings, guesses=guesses, seed=seed)
            case "micro_f1":
                from trivet.bench.measure_label_sets import measure_label_sets

                return measure_label_sets(load(), recipe, settings, seed=seed)
            case "mse":
                from trivet.bench.measure_label_sets import measure_mse

                return measure_mse(load(), recipe, settings, seed=seed)
            case "int8_loss":
                return measure_int8_loss(load(), load(precision="fp32"), recipe, settings, seed=seed)
            case "batch_flips":
                return measure_batch_flips(load(), recipe, settings)
            case "pretraining_gain" | "multitask_gain" | "transfer_matrix" | "other_language":
                from trivet.bench.measure_transfer import measure_transfer

                return measure_transfer(benchmark.measure, _carried(benchmark, recipe, path, bench, seed=seed, say=say))
            case "ndcg":
                from trivet.bench.measure_ranking import measure_ranking

                return measure_ranking(load(), recipe, settings, seed=seed)
            case "service_memory" | "service_start":
                return measure_service(path, settings, what=benchmark.measure, runs=RUNS)
            case "span_f1" | "span_macro_f1":
                from trivet.bench.measure_spans import measure_spans

                macro = benchmark.measure == "span_macro_f1"
                return measure_spans(load(), recipe, settings, seed=seed, macro=macro)
            case "attribution_faithfulness":
                from trivet.bench.measure_explain import measure_attribution

                return measure_attribution(load(), recipe, settings, seed=seed)
            case (
                "ece"
                | "coverage_at_risk"
                | "risk_violations"
                | "oos_auroc"
                | "oos_auroc_far"
                | "oos_recall_5"
                | "oos_recall_chosen"
                | "shift_alarm"
            ):
                from trivet.bench.measure_trust import measure_trust

                return measure_trust(benchmark.measure, load(), recipe, settings, seed=seed)
            case OfService():
                raise AssertionError("a service's measure trains what it needs")
            case _:
                assert_never(benchmark.measure)


def _carried(
    benchmark: Benchmark, recipe: Recipe, path: Path, bench: Workbench, *, seed: int, say: Callable[[str], None]
) -> Carried:
    """The recipes beside the benchmark's own, with a way to train one."""
    from trivet.bench.measure_transfer import Carried

    apart = {name: benchmark.model_copy(update={"recipe": name, "beside": ()}) for name in benchmark.beside}
    beside = {name: bench.recipe(one, seed=seed) for name, one in apart.items()}

    def train_beside(wanted: Recipe) -> Path:
        name = next(name for name, one in beside.items() if one == wanted)
        return _trained(wanted, apart[name], seed, bench, say=say)

    return Carried(recipe, path, tuple(beside.values()), benchmark.judge, bench.settings, train_beside, seed)


def _trained(recipe: Recipe, benchmark: Benchmark, seed: int, bench: Workbench, *, say: Callable[[str], None]) -> Path:
    """The artifact of this recipe, seed and data by today's code; trained once and kept under benchmarks/work."""
    key = hashlib.sha256(recipe.model_dump_json().encode()).hexdigest()[:16]
    folder = bench.root / "work" / f"{Path(benchmark.recipe).stem}-{seed}"
    path = folder / key
    if not (path.exists() and _is_of_code(path, bench) and _is_of_data(path, open_learning(recipe, bench.settings))):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        say(f"{benchmark.id} seed {seed}: training")
        train(recipe, out=path, settings=bench.settings).close()
        modules = counted(sys.modules)
        write_predictions(folder / TRAINED_BY, {"modules": modules, "modules_sha256": bench.code.hash(modules)})
    return path


def _is_of_code(artifact: Path, bench: Workbench) -> bool:
    """Whether the modules that trained it are as they were; a run that was cut off has not said which they are."""
    path = artifact.parent / TRAINED_BY
    return path.exists() and read_json(path)["modules_sha256"] == bench.code.hash(_trained_by(artifact))


def _is_of_data(artifact: Path, learnt: Dataset) -> bool:
    kept = read_document(artifact / CARD, Card).data.sha256
    return all(table in learnt.tables and learnt.sha256(table) == one for table, one in kept.items())


def _trained_by(artifact: Path) -> tuple[str, ...]:
    """Modules that the training imported, in this process or an earlier one."""
    return tuple(read_json(artifact.parent / TRAINED_BY)["modules"])
