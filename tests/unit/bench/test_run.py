"""Running: a real recipe on a real sample, over an encoder so small that it trains in a second."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.bench.definition import Benchmark
from trivet.bench.measures import measure_service
from trivet.bench.provenance import Code
from trivet.bench.record import read_json, read_record, record_path, write_predictions
from trivet.bench.run import run_benchmark
from trivet.bench.stale import find_stale
from trivet.bench.verify import verify_all
from trivet.bench.workbench import Workbench, open_workbench
from trivet.errors import TrivetError
from trivet.settings import Settings

SAMPLE = Path(__file__).parents[3] / "datasets" / "samples" / "support-clinic"
RECIPE = """
name = "clinic"
[data]
dataset = "sample-clinic"
[task]
kind = "classification"
max_tokens = 24
[encoder]
name = "{encoder}"
[method]
kind = "head"
head = "analytic"
expansion = 200
"""
QUALITY = Benchmark(id="clinic", measure="quality", metric="accuracy", recipe="clinic.toml", seeds=(0, 1), note="toy")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A workbench on which seed 0 was measured, with its artifact."""
    folder = tmp_path_factory.mktemp("clinic")
    with (SAMPLE / "train.csv").open(encoding="utf-8") as file:
        words = {word.lower() for row in csv.DictReader(file) for word in row["text"].split() if word.isalpha()}
    source = write_tiny_encoder(folder / "encoder", sorted(words), seed=0)
    (folder / "benchmarks" / "recipes").mkdir(parents=True)
    (folder / "benchmarks" / "recipes" / QUALITY.recipe).write_text(RECIPE.format(encoder=source.path))
    settings = Settings(home=folder / "home", cache=folder / "cache", threads=1, offline=True)
    bench = open_workbench(folder / "benchmarks", settings)
    run_benchmark(QUALITY, bench, only=(0,), say=lambda _: None)
    return bench


@pytest.fixture
def bench(measured: Workbench, tmp_path: Path) -> Workbench:
    """A copy that a test may change."""
    shutil.copytree(measured.root, tmp_path / "benchmarks")
    return Workbench(tmp_path / "benchmarks", measured.settings, measured.code)


def test_a_record_says_what_was_measured_on_what_by_what(measured: Workbench) -> None:
    record = read_record(record_path(measured.root, "clinic", 0))
    assert record.value > record.baselines["majority"].value
    assert record.low < record.value < record.high
    assert record.seeds == (0,)
    assert record.dataset == "sample-clinic"
    assert record.train_sha256 != record.data_sha256
    assert {"trivet.methods.head", "trivet.heads.analytic", "trivet.runtime.tokens"} <= set(record.modules)
    assert set(record.baselines) == {"majority", "tfidf-logistic", "frozen-logistic"}
    assert record.note == "toy"


def test_a_record_stands_and_verifies_as_it_is_written(measured: Workbench) -> None:
    found = find_stale([QUALITY], measured, say=lambda _: None)
    assert [(one.seed, one.reason) for one in found] == [(1, "not recorded")]
    assert all(one.agrees for one in verify_all([QUALITY], measured.root))


def test_a_seed_that_is_recorded_is_skipped(bench: Workbench, remarks: list[str]) -> None:
    before = record_path(bench.root, "clinic", 0).stat().st_mtime_ns
    run_benchmark(QUALITY, bench, only=(0,), say=remarks.append)
    assert remarks == ["clinic seed 0: stands"]
    assert record_path(bench.root, "clinic", 0).stat().st_mtime_ns == before


def test_measuring_again_keeps_the_trained_model_and_gives_the_same_figure(
    bench: Workbench, remarks: list[str]
) -> None:
    before = read_record(record_path(bench.root, "clinic", 0))
    after = run_benchmark(QUALITY, bench, only=(0,), again=True, say=remarks.append)
    assert (after.value, after.low, after.high) == (before.value, before.low, before.high)
    assert not [remark for remark in remarks if "training" in remark]


def test_a_run_that_is_cut_off_leaves_the_finished_seeds(bench: Workbench) -> None:
    record_path(bench.root, "clinic", 0).unlink()

    def cut_off(remark: str) -> None:
        if remark == "clinic seed 1: training":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark(QUALITY, bench, say=cut_off)
    assert read_record(record_path(bench.root, "clinic", 0)).seeds == (0,)
    assert not record_path(bench.root, "clinic", 1).exists()
    assert read_record(record_path(bench.root, "clinic")).seeds == (0,)
    assert all(one.agrees for one in verify_all([QUALITY], bench.root))


def test_a_mean_leaves_out_seeds_that_no_longer_stand(bench: Workbench) -> None:
    path = record_path(bench.root, "clinic", 0)
    old = json.loads(path.read_text()) | {"seeds": [1], "modules_sha256": "of other code"}
    record_path(bench.root, "clinic", 1).write_text(json.dumps(old))
    assert run_benchmark(QUALITY, bench, only=(0,), say=lambda _: None).seeds == (0,)


def test_a_seed_that_was_not_fixed_beforehand_is_refused(bench: Workbench) -> None:
    with pytest.raises(TrivetError, match="seed 7 was not fixed beforehand"):
        run_benchmark(QUALITY, bench, only=(7,), say=lambda _: None)


def test_what_trained_the_model_counts_where_an_earlier_process_did(bench: Workbench) -> None:
    (kept,) = (bench.root / "work").glob("*/modules.json")
    modules = [*read_json(kept)["modules"], "trivet.training.loop"]
    write_predictions(kept, {"modules": modules, "modules_sha256": bench.code.hash(modules)})
    record = run_benchmark(QUALITY, bench, only=(0,), again=True, say=lambda _: None)
    assert "trivet.training.loop" in record.modules


@pytest.mark.parametrize(("module", "again"), [("trivet.methods.head", True), ("trivet.methods.tuned_tagger", False)])
def test_a_model_is_trained_again_where_a_module_that_trained_it_has_changed(
    bench: Workbench, remarks: list[str], module: str, again: bool
) -> None:
    # Other tests of this process may have imported every kind before.
    (kept,) = (bench.root / "work").glob("*/modules.json")
    modules = [name for name in read_json(kept)["modules"] if name != "trivet.methods.tuned_tagger"]
    write_predictions(kept, {"modules": modules, "modules_sha256": bench.code.hash(modules)})
    edited = replace(bench, code=Code({**bench.code.sources, module: b"changed"}))
    run_benchmark(QUALITY, edited, only=(0,), again=True, say=remarks.append)
    assert ("clinic seed 0: training" in remarks) == again


def test_a_model_whose_training_was_cut_off_is_trained_again(bench: Workbench, remarks: list[str]) -> None:
    (kept,) = (bench.root / "work").glob("*/modules.json")
    kept.unlink()
    run_benchmark(QUALITY, bench, only=(0,), again=True, say=remarks.append)
    assert "clinic seed 0: training" in remarks


def test_a_record_rests_on_no_module_of_another_kind() -> None:
    """In a process of its own: the others of these tests have imported every kind."""
    program = (
        "import sys\nimport trivet.bench.run, trivet.bench.verify\n"
        "from trivet.bench.provenance import counted\nprint(*counted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    apart = ("trivet.judging.", "trivet.methods.head", "trivet.methods.tuned", "trivet.tasks.", "trivet.pretrain")
    assert "trivet.train" in done.stdout.split()
    assert not [name for name in done.stdout.split() if name.startswith(apart)]


def test_a_model_of_other_data_is_trained_again(bench: Workbench, remarks: list[str]) -> None:
    (card,) = (bench.root / "work").glob("*/*/card.json")
    values = json.loads(card.read_text())
    values["data"]["sha256"]["train"] = "of other data"
    card.write_text(json.dumps(values))
    run_benchmark(QUALITY, bench, only=(0,), again=True, say=remarks.append)
    assert "clinic seed 0: training" in remarks


@pytest.mark.parametrize(("measure", "least"), [("int8_loss", -100.0), ("batch_flips", 0.0)])
def test_other_measures_of_the_same_model_are_recorded_and_verify(
    bench: Workbench, remarks: list[str], measure: Any, least: float
) -> None:
    other = QUALITY.model_copy(update={"id": "other", "measure": measure, "seeds": (0,)})
    record = run_benchmark(other, bench, say=remarks.append)
    assert record.value >= least
    assert record.low <= record.value <= record.high
    assert not [remark for remark in remarks if "training" in remark]
    assert all(one.agrees for one in verify_all([other], bench.root))


def test_a_service_is_observed_with_the_modules_of_its_process(measured: Workbench) -> None:
    (card,) = (measured.root / "work").glob("*/*/card.json")
    one = measure_service(card.parent, measured.settings, what="service_memory", runs=1)
    assert {"trivet_service.server", "trivet_support.service", "trivet.runtime.batcher"} <= set(one.modules)
    assert 50 < one.kept["runs"][0] < 2000


def test_a_service_that_does_not_start_is_told_with_its_last_line(measured: Workbench, tmp_path: Path) -> None:
    with pytest.raises(TrivetError, match=r"did not answer.*nowhere") as caught:
        measure_service(tmp_path / "nowhere", measured.settings, what="service_start", runs=1)
    assert "\n" not in caught.value.line()
