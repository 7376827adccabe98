"""The results table of a README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trivet.bench.definition import read_benchmarks, read_marks
from trivet.bench.record import record_path, write_record
from trivet.bench.summary import summarise
from trivet.bench.table import BEGIN, END, make_table, put_tables
from trivet.errors import TrivetError


def table(toy: Any) -> list[str]:
    return make_table(read_benchmarks(toy.root), read_marks(toy.root), toy.root).splitlines()


def record(toy: Any, *seeds: int) -> None:
    records = [toy.record(seed) for seed in seeds]
    write_record(record_path(toy.root, "toy"), summarise(toy.quality, records, toy.root))


def test_a_row_holds_figure_interval_bars_and_baselines(toy: Any) -> None:
    record(toy, 0, 1)
    assert table(toy)[2] == (
        "| toy, accuracy (mean of 2 seeds) | 0.7500 | 0.2500 to 1.00 | 0.5 / 0.9 | 0.8, a book |"
        " majority 0.5000 (0.02); words 0.2500 |"
    )


def test_seeds_that_are_missing_are_not_hidden(toy: Any) -> None:
    record(toy, 0)
    assert "(mean of 1 of 2 seeds)" in table(toy)[2]


def test_what_is_not_recorded_says_so(toy: Any) -> None:
    assert table(toy)[2:] == ["", "Not recorded yet: toy, toy-start."]


def test_every_row_has_as_many_cells(toy: Any) -> None:
    record(toy, 0, 1)
    assert {line.count("|") for line in table(toy) if line.startswith("|")} == {7}
    assert table(toy)[-1] == "Not recorded yet: toy-start."


def test_a_peers_record_is_no_row(toy: Any) -> None:
    before = table(toy)
    peers = toy.root / "records" / "peers"
    peers.mkdir(parents=True)
    (peers / "other-toy.json").write_text("{}")
    assert table(toy) == before


def test_the_table_goes_between_its_marks(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    put_tables(readme, {(BEGIN, END): "new"})
    put_tables(readme, {(BEGIN, END): "newer", ("not", "here"): "other"})
    assert readme.read_text() == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["no marks", None])
def test_a_readme_without_a_place_is_told_and_left_alone(tmp_path: Path, text: str | None) -> None:
    readme = tmp_path / "README.md"
    if text is not None:
        readme.write_text(text)
    with pytest.raises(TrivetError, match="no place for the results table"):
        put_tables(readme, {(BEGIN, END): "new"})
    assert readme.exists() == (text is not None)
