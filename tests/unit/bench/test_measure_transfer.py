"""What is carried over, on rows whose answer is known, over an encoder of two layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.bench.definition import Benchmark
from trivet.bench.measure_transfer import recompute_transfer
from trivet.bench.record import read_record, record_path
from trivet.bench.run import run_benchmark
from trivet.bench.stale import find_stale
from trivet.bench.verify import verify_all
from trivet.bench.workbench import Workbench, open_workbench
from trivet.settings import Settings

HEAD = """
name = "{name}"
[data]
dataset = "{data}"
[task]
kind = "classification"
max_tokens = 16
[encoder]
name = "{encoder}"
[method]
kind = "head"
head = "analytic"
expansion = 50
[export]
max_int8_loss = 0.9
"""
FURTHER = """
name = "further"
[data]
dataset = "{data}"
[task]
kind = "pretraining"
max_tokens = 16
[encoder]
name = "{encoder}"
[method]
kind = "full"
[training]
epochs = 1
bf16 = "off"
"""
JOINT = """
name = "joint"
[task]
kind = "multitask"
max_tokens = 16
[[task.parts]]
name = "one"
data = {{ dataset = "{one}" }}
[[task.parts]]
name = "two"
data = {{ dataset = "{two}" }}
[encoder]
name = "{encoder}"
[method]
kind = "full"
[training]
epochs = 1
bf16 = "off"
[export]
precision = "fp32"
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    folder = tmp_path_factory.mktemp("carried")
    fillers = [f"filler{at}" for at in range(20)]
    source = write_tiny_encoder(folder / "encoder", ["card", "money", "cards", "cash", *fillers])
    recipes = folder / "benchmarks" / "recipes"
    recipes.mkdir(parents=True)
    words = {"one": {"card": "a", "money": "b"}, "two": {"cards": "a", "cash": "b"}}
    for name, labels in words.items():
        (folder / name).mkdir()
        for part, count in (("train", 20), ("test", 8)):
            rows = [(f"{word} {fillers[at]}", label) for at in range(count) for word, label in labels.items()]
            pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / name / f"{part}.csv", index=False)
        text = HEAD.format(name=name, data=folder / name, encoder=source.path)
        (recipes / f"{name}.toml").write_text(text)
    (recipes / "further.toml").write_text(FURTHER.format(data=folder / "one", encoder=source.path))
    joint = JOINT.format(one=folder / "one", two=folder / "two", encoder=source.path)
    (recipes / "joint.toml").write_text(joint)
    settings = Settings(home=folder / "home", cache=folder / "cache", threads=1, offline=True)
    return open_workbench(folder / "benchmarks", settings)


def benchmark(measure: Any, recipe: str, *beside: str, judge: str = "") -> Benchmark:
    return Benchmark(
        id=measure.replace("_", "-"),
        measure=measure,
        metric="accuracy",
        recipe=recipe,
        beside=beside,
        judge=judge,
        seeds=(0,),
    )


@pytest.mark.parametrize(
    ("measure", "recipe", "beside", "baselines"),
    [
        ("pretraining_gain", "one.toml", ("further.toml",), 1),
        ("multitask_gain", "joint.toml", ("one.toml", "two.toml"), 1),
        ("transfer_matrix", "one.toml", ("two.toml",), 4),
    ],
)
def test_a_figure_is_recorded_verified_and_stands(
    measure: Any, recipe: str, beside: tuple[str, ...], baselines: int, bench: Workbench
) -> None:
    one = benchmark(measure, recipe, *beside)
    record = run_benchmark(one, bench, say=lambda _: None)
    assert record.low <= record.value <= record.high
    assert len(record.baselines) == baselines
    assert all(found.agrees for found in verify_all([one], bench.root))
    assert find_stale([one], bench, say=lambda _: None) == []


def test_the_diagonal_stands_beside_the_cells_across(bench: Workbench) -> None:
    run_benchmark(benchmark("transfer_matrix", "one.toml", "two.toml"), bench, say=lambda _: None)
    cells = read_record(record_path(bench.root, "transfer-matrix", 0)).baselines
    one, two = bench.recipe(benchmark("quality", "one.toml")).data.dataset, str(bench.root.parent / "two")
    assert set(cells) == {f"{a} on {b}" for a in (one, two) for b in (one, two)}
    assert cells[f"{one} on {one}"].paired_p is None
    assert cells[f"{one} on {two}"].paired_p is not None


def test_another_set_is_judged_on_and_its_hash_is_kept(bench: Workbench) -> None:
    other = bench.root.parent / "two"
    one = benchmark("other_language", "one.toml", judge=str(other))
    record = run_benchmark(one, bench, say=lambda _: None)
    assert record.dataset == str(other)
    assert set(record.baselines) == {"own-language", "majority"}
    # What it learnt from: half of the rows have the label that stands first.
    assert record.baselines["majority"].value == 0.5
    (other / "test.csv").write_text("text,label\ncash,b\n")
    assert [stale.reason for stale in find_stale([one], bench, say=lambda _: None)] == ["the test data has changed"]


def test_a_recipe_beside_that_changes_makes_a_record_stale(bench: Workbench) -> None:
    one = benchmark("pretraining_gain", "one.toml", "further.toml")
    before = bench.hash_recipe(one)
    path = bench.root / "recipes" / "further.toml"
    text = path.read_text()
    path.write_text(text + "# more\n")
    assert bench.hash_recipe(one) != before
    path.write_text(text)
    assert bench.hash_recipe(one) == before


def test_figures_are_computed_from_what_is_kept() -> None:
    kept = {"truth": ["a", "b", "a", "b"], "ours": ["a", "b", "a", "a"], "theirs": ["a", "a", "b", "a"]}
    assert recompute_transfer("multitask_gain", kept) == 50.0
    cells = {
        "x on x": {"truth": ["a"], "predicted": ["a"]},
        "y on x": {"truth": ["a"], "predicted": ["b"]},
        "x on y": {"truth": ["a", "b"], "predicted": ["a", "a"]},
        "y on y": {"truth": ["a", "b"], "predicted": ["a", "b"]},
    }
    # Of foreign models: none of one row right, one of two right; the mean of the two sets.
    assert recompute_transfer("transfer_matrix", {"cells": cells}) == 0.25
    assert recompute_transfer("other_language", {"truth": ["a", "b"], "predicted": ["a", "a"]}) == 0.5


def test_the_recipes_of_the_benchmarks_are_there() -> None:
    root = Path(__file__).parents[3] / "benchmarks"
    from trivet.bench.definition import read_benchmarks

    bench = open_workbench(root, Settings())
    ours = [one for one in read_benchmarks(root).values() if one.beside]
    assert len(ours) >= 6
    for one in ours:
        bench.hash_recipe(one)
        for name in (one.recipe, *one.beside):
            assert bench.recipe(one.model_copy(update={"recipe": name})).name
