"""Measures of services: found by entry point, run, verified and gone stale like those of the core."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trivet.bench.definition import read_benchmarks
from trivet.bench.record import read_record, write_predictions
from trivet.bench.run import run_benchmark
from trivet.bench.service_measure import OfService, load_measure, measure_names
from trivet.bench.stale import find_stale
from trivet.bench.table import make_table
from trivet.bench.verify import verify_all
from trivet.errors import TrivetError

MEASURE = """
import hashlib
from pathlib import Path

import numpy as np

from trivet.bench.measures import Measured
from trivet.bench.service_measure import ServiceMeasure
from trivet.errors import DataError


def run(asked):
    (asked.work / "seen").write_text("once")
    lengths = [len(line) for line in Path(asked.options["file"]).read_text().splitlines()]
    return Measured({"lengths": lengths}, min(lengths), max(lengths))


def hash_data(options, settings):
    try:
        return hashlib.sha256(Path(options["file"]).read_bytes()).hexdigest()
    except OSError as error:
        raise DataError("not there", where=options["file"]) from error


measure = ServiceMeasure(run, lambda kept: float(np.mean(kept["lengths"])), hash_data)
"""
DEFINITION = """
[[benchmark]]
id = "toy-lengths"
measure = "toy:lengths"
metric = "letters"
options = {{ file = "{file}" }}
seeds = [0, 1]
"""


@pytest.fixture
def lines(tmp_path: Path, toy: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file of lines that the measure of an installed service reads; the workbench asks for it."""
    site = tmp_path / "site"
    (site / "trivet_toy" / "measures").mkdir(parents=True)
    (site / "trivet_toy" / "__init__.py").touch()
    (site / "trivet_toy" / "measures" / "__init__.py").touch()
    (site / "trivet_toy" / "measures" / "lengths.py").write_text(MEASURE)
    (site / "trivet_toy" / "measures" / "empty.py").touch()
    (site / "toy-1.dist-info").mkdir()
    (site / "toy-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1\n")
    (site / "toy-1.dist-info" / "entry_points.txt").write_text("[trivet.measures]\ntoy = trivet_toy.measures\n")
    monkeypatch.syspath_prepend(str(site))
    path = tmp_path / "lines.txt"
    path.write_text("four\nsixsix\n")
    (toy.root / "toy-lengths.toml").write_text(DEFINITION.format(file=path))
    yield path
    for name in [name for name in sys.modules if name.split(".")[0] == "trivet_toy"]:
        del sys.modules[name]


def test_a_measure_is_found_without_being_imported(lines: Path) -> None:
    assert {"toy:lengths", "toy:empty"} <= set(measure_names())
    assert "trivet_toy" not in sys.modules


def test_a_run_records_what_verify_and_the_table_read(lines: Path, toy: Any) -> None:
    benchmark = read_benchmarks(toy.root)["toy-lengths"]
    summary = run_benchmark(benchmark, toy.bench, say=lambda _: None)
    assert (summary.value, summary.low, summary.high, summary.seeds) == (5.0, 4.0, 6.0, (0, 1))
    record = read_record(toy.bench.record(benchmark, 0))
    assert "trivet_toy.measures.lengths" in record.modules
    assert (record.dataset, record.train_sha256, len(record.data_sha256)) == ("", "", 64)
    assert (toy.root / "work" / "measures" / "toy-lengths-0" / "seen").exists()
    assert [one.agrees for one in verify_all([benchmark], toy.root)] == [True, True, True]
    assert "| toy-lengths, letters (mean of 2 seeds) | 5.00 |" in make_table({benchmark.id: benchmark}, {}, toy.root)


def test_kept_rows_that_were_changed_are_found_out(lines: Path, toy: Any) -> None:
    benchmark = read_benchmarks(toy.root)["toy-lengths"]
    run_benchmark(benchmark, toy.bench, only=(0,), say=lambda _: None)
    kept = toy.bench.record(benchmark, 0).with_suffix(".predictions.json")
    write_predictions(kept, {"lengths": [4, 7]})
    assert [one.agrees for one in verify_all([benchmark], toy.root)] == [False, True]
    write_predictions(kept, {"widths": [4]})
    with pytest.raises(TrivetError, match="not the predictions of toy-lengths"):
        verify_all([benchmark], toy.root)


def test_a_record_goes_stale_with_its_rows_and_its_options(lines: Path, toy: Any, remarks: list[str]) -> None:
    benchmark = read_benchmarks(toy.root)["toy-lengths"]
    run_benchmark(benchmark, toy.bench, only=(0,), say=lambda _: None)

    def reasons(one: Any) -> list[str]:
        return [stale.reason for stale in find_stale([one], toy.bench, say=remarks.append) if stale.seed == 0]

    assert reasons(benchmark) == []
    lines.write_text("changed\n")
    assert reasons(benchmark) == ["the test data has changed"]
    other = benchmark.model_copy(update={"options": {"file": "elsewhere"}})
    assert reasons(other) == ["the recipe has changed"]
    lines.unlink()
    assert reasons(benchmark) == []
    assert "data not checked" in remarks[-1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("toy:length", "there is no measure 'toy:length'; close: toy:lengths"),
        ("support:", "there is no measure 'support:'"),
        ("qualty", "there is no measure 'qualty'; close: quality"),
        ("quality", "a measure of the core takes a recipe and no options"),
    ],
)
def test_an_unknown_measure_is_refused_with_those_that_are_close(lines: Path, toy: Any, text: str, told: str) -> None:
    path = toy.root / "toy-lengths.toml"
    path.write_text(path.read_text().replace("toy:lengths", text))
    with pytest.raises(TrivetError) as caught:
        read_benchmarks(toy.root)
    assert told in caught.value.line()
    assert str(path) in caught.value.line()


def test_a_module_without_a_measure_is_named(lines: Path) -> None:
    with pytest.raises(TrivetError, match=r"trivet_toy\.measures\.empty: it holds no `measure`"):
        load_measure(OfService("toy", "empty"))
    with pytest.raises(TrivetError, match="there is no measure 'toy:gone'"):
        load_measure(OfService("toy", "gone"))
    assert str(OfService("toy", "gone")) == "toy:gone"
