"""Definitions and figures to reach: what is wrong with one is said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trivet.bench.definition import Mark, read_benchmarks, read_marks
from trivet.errors import TrivetError

ONE = '[[benchmark]]\nid = "one"\nmeasure = "quality"\nmetric = "accuracy"\nrecipe = "one.toml"\nseeds = [0]\n'


def test_benchmarks_of_all_files_are_found_in_order(toy: Any) -> None:
    (toy.root / "also.toml").write_text(ONE)
    found = read_benchmarks(toy.root)
    assert list(found) == ["one", "toy", "toy-start"]
    assert found["toy"] == toy.quality


def test_files_in_folders_below_are_no_definitions(toy: Any) -> None:
    (toy.root / "records" / "peers").mkdir(parents=True)
    (toy.root / "records" / "peers" / "a.toml").write_text("nonsense")
    assert list(read_benchmarks(toy.root)) == ["toy", "toy-start"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE + ONE, "two benchmarks are called 'one'"),
        (ONE.replace("quality", "beauty"), "measure"),
        (ONE.replace("seeds = [0]", "seeds = []"), "seeds"),
        (ONE + "shots = 3\n", "shots"),
        (ONE.replace('id = "one"', 'id = "../one"'), "id"),
        ("[[benchmark]\n", "not valid TOML"),
        ("[benchmark]\n", "not a list"),
        ("", "no benchmarks here"),
    ],
)
def test_a_bad_definition_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(TrivetError, match=told) as caught:
        read_benchmarks(tmp_path)
    assert "\n" not in caught.value.line()
    assert str(tmp_path) in caught.value.line()


@pytest.mark.parametrize(
    ("better", "value", "verdict"),
    [
        ("higher", 0.95, "aim"),
        ("higher", 0.9, "aim"),
        ("higher", 0.89, "floor"),
        ("higher", 0.8, "floor"),
        ("higher", 0.79, "below"),
        ("lower", 0.79, "aim"),
        ("lower", 0.8, "aim"),
        ("lower", 0.85, "floor"),
        ("lower", 0.91, "below"),
    ],
)
def test_a_value_at_a_bar_reaches_it(better: Any, value: float, verdict: str) -> None:
    floor, aim = (0.8, 0.9) if better == "higher" else (0.9, 0.8)
    assert Mark(id="m", metric="x", floor=floor, aim=aim, better=better).verdict(value) == verdict


def test_no_marks_are_no_mistake(tmp_path: Path) -> None:
    assert read_marks(tmp_path) == {}


def test_a_bad_mark_is_named(tmp_path: Path) -> None:
    (tmp_path / "marks.toml").write_text('[[mark]]\nid = "m"\nmetric = "x"\nfloor = 1\n')
    with pytest.raises(TrivetError, match=r"mark 1: aim: Field required"):
        read_marks(tmp_path)


def test_the_benchmarks_of_this_checkout_have_recipes_and_marks() -> None:
    root = Path(__file__).parents[3] / "benchmarks"
    marks = read_marks(root)
    for benchmark in read_benchmarks(root).values():
        assert (root / "recipes" / benchmark.recipe).exists(), benchmark.id
        # Figures that no bar was set for have ids of their own.
        if not benchmark.id.startswith(("core-", "support-")) or benchmark.id in marks:
            assert marks[benchmark.id].metric == benchmark.metric
