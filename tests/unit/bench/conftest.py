"""Toy benchmarks: a folder like benchmarks/, a data set on disk and code that is only bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from trivet.bench.definition import Benchmark
from trivet.bench.provenance import Code
from trivet.bench.record import Baseline, Record, record_path, write_predictions, write_record
from trivet.bench.workbench import Workbench, judged_table
from trivet.settings import Settings

MODULES = ("trivet.road", "trivet.wheel")
TRAIN = "text,label\nmy card is lost,card\nblock my card,card\nsend money,money\nmoney is late,money\n"
TEST = "text,label\nwhere is my card,card\nlost card,card\nmoney please,money\nsend it,money\n"
DEFINITION = """
[[benchmark]]
id = "toy"
measure = "quality"
metric = "accuracy"
recipe = "toy.toml"
seeds = [0, 1]

[[benchmark]]
id = "toy-start"
measure = "service_start"
metric = "s"
recipe = "toy.toml"
seeds = [0]
"""
MARKS = """
[[mark]]
id = "toy"
metric = "accuracy"
floor = 0.5
aim = 0.9
mark = 0.8
source = "a book"

[[mark]]
id = "toy-start"
metric = "s"
better = "lower"
floor = 5
aim = 1
"""


@dataclass(frozen=True)
class Toy:
    """A workbench over toy files, and its two benchmarks."""

    bench: Workbench
    data: Path
    quality: Benchmark
    start: Benchmark

    @property
    def root(self) -> Path:
        return self.bench.root

    def with_code(self, **changed: bytes) -> Workbench:
        sources = {**self.bench.code.sources, **{f"trivet.{name}": source for name, source in changed.items()}}
        return replace(self.bench, code=Code(sources))

    def record(self, seed: int, *, right: int = 3) -> Record:
        """Writes the record of a seed that answered so many of the four test rows right."""
        path = record_path(self.root, "toy", seed)
        predictions = path.with_suffix(".predictions.json")
        dataset = self.bench.open_data(self.bench.recipe(self.quality).data)
        truth = [0, 0, 1, 1]
        predicted = [label if row < right else 1 - label for row, label in enumerate(truth)]
        record = Record(
            id="toy",
            metric="accuracy",
            value=right / 4,
            low=0.25,
            high=1.0,
            seeds=(seed,),
            dataset=str(self.data),
            split="test",
            data_sha256=dataset.sha256(judged_table(dataset)),
            train_sha256=dataset.sha256("train"),
            recipe_sha256=self.bench.hash_recipe(self.quality),
            command=f"trivet bench run toy --seed {seed}",
            modules=MODULES,
            modules_sha256=self.bench.code.hash(MODULES),
            commit="",
            machine="toy",
            predictions=str(predictions.relative_to(self.root)),
            baselines={"majority": Baseline(value=0.5, paired_p=0.01 * (seed + 1)), "words": Baseline(value=0.25)},
        )
        write_predictions(predictions, {"labels": ["card", "money"], "truth": truth, "predicted": predicted})
        write_record(path, record)
        return record


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    root, data = tmp_path / "benchmarks", tmp_path / "data"
    (root / "recipes").mkdir(parents=True)
    data.mkdir()
    (data / "train.csv").write_text(TRAIN)
    (data / "test.csv").write_text(TEST)
    (root / "toy.toml").write_text(DEFINITION)
    (root / "marks.toml").write_text(MARKS)
    (root / "recipes" / "toy.toml").write_text(f'name = "toy"\n[data]\ndataset = "{data}"\n')
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)
    code = Code({"trivet.road": b"a = 1", "trivet.wheel": b"b = 2", "trivet.apart": b"c = 3"})
    common = {"recipe": "toy.toml"}
    return Toy(
        Workbench(root, settings, code),
        data,
        Benchmark(id="toy", measure="quality", metric="accuracy", seeds=(0, 1), **common),
        Benchmark(id="toy-start", measure="service_start", metric="s", seeds=(0,), **common),
    )


@pytest.fixture
def remarks() -> list[str]:
    """What a run says; pass `remarks.append`."""
    return []
