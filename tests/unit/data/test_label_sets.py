"""Columns of label sets and of numbers: read, checked, cut."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.data.cuts import cut_label_sets, cut_numbers
from trivet.data.frames import check_label_sets
from trivet.data.label_sets import hot_labels, label_names, read_label_set
from trivet.data.numbers import read_number, standardise
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows as rows_to_judge
from trivet.data.splits import training_rows
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("b|a", ("a", "b")),
        ("b; a", ("a", "b")),
        ('["b", "a"]', ("a", "b")),
        (["b", "a"], ("a", "b")),
        ("a", ("a",)),
        ("a|a", ("a",)),
        ("", ()),
        ("[]", ()),
        (None, ()),
        (3, ("3",)),
    ],
)
def test_a_cell_of_labels_may_be_written_in_many_ways(cell: Any, labels: tuple[str, ...]) -> None:
    assert read_label_set(cell) == labels


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a||b", "empty name"),
        ('["a"', "not valid JSON"),
        ("[1]", "1, not the name"),
        ({"a": 1}, "dict"),
        ([""], "empty"),
    ],
)
def test_a_cell_that_is_no_list_of_labels_says_why(cell: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_label_set(cell)


@pytest.mark.parametrize(("cell", "number"), [("-0.374", -0.374), (" 3 ", 3.0), (2, 2.0), ("1e-3", 0.001)])
def test_a_cell_of_a_number_is_read(cell: Any, number: float) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize("cell", ["", None, "much", "1,5", "nan", float("inf"), "1_000", True, [1.0]])
def test_a_cell_that_is_no_number_says_why(cell: Any) -> None:
    with pytest.raises(ValueError, match="is "):
        read_number(cell)


def test_a_bad_row_of_labels_is_named_by_file_line_and_reason(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,labels\nhello,a|b\nbye,a||b\nso long,\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.csv:3: the labels \('labels'\) hold an empty name"):
        open_dataset(recipe(path, target="labels"), settings).frame("train")


def test_a_bad_number_is_named_by_file_line_and_reason(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,score\nhello,1.5\nbye,much\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"mine\.csv:3: the number \('score'\) is 'much', not a finite number"):
        open_dataset(recipe(path, target="number"), settings).frame("train")


def test_a_path_is_a_set_of_label_sets_too(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [{"question": "hello", "topics": ["b", "a"]}, {"question": "bye"}, {"question": "so", "topics": []}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    dataset = open_dataset(recipe(path, target="labels", columns={"label": "topics"}), settings)
    assert dataset.kind == "multilabel"
    assert list(dataset.frame("train")["labels"]) == [("a", "b"), (), ()]
    assert list(dataset.frame("texts").columns) == ["text", "line"]


def test_a_path_is_a_set_of_numbers_too(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,stars\nhello,4\nbye,1.5\n", encoding="utf-8")
    dataset = open_dataset(recipe(path, target="number"), settings)
    assert dataset.kind == "regression"
    assert list(dataset.frame("train")["number"]) == [4.0, 1.5]


def test_a_missing_column_of_labels_is_asked_for_by_its_flag(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text,colour\nhello,red\n", encoding="utf-8")
    for target in ("labels", "number"):
        with pytest.raises(DataError, match="--label COLUMN"):
            open_dataset(recipe(path, target=target), settings).frame("train")


def test_a_named_set_of_another_kind_is_refused(recipe: Build, settings: Settings) -> None:
    with pytest.raises(DataError, match=r"sample-bank: its texts have one label, .*task\.kind = 'classification'"):
        open_dataset(recipe("sample-bank", target="labels"), settings)


def test_a_set_without_a_test_is_cut_the_same_way_every_time(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "mine.csv"
    lines = [f"text {at},{'a|b' if at % 2 else 'a'}" for at in range(50)]
    path.write_text("\n".join(["text,labels", *lines]), encoding="utf-8")
    for target in ("labels",):
        mine = recipe(path, target=target)
        dataset = open_dataset(mine, settings)
        learnt, judged = training_rows(dataset, mine), rows_to_judge(dataset, mine)
        assert (len(learnt), len(judged)) == (40, 10)
        assert set(learnt["text"]).isdisjoint(judged["text"])
        assert Counter(map(len, judged["labels"])) == {1: 5, 2: 5}
        assert list(rows_to_judge(open_dataset(mine, settings), mine)["text"]) == list(judged["text"])


def test_every_label_is_held_out_in_proportion() -> None:
    rng = np.random.default_rng(0)
    shares = {"often": 0.6, "now and then": 0.2, "rare": 0.05}
    sets = [tuple(sorted(label for label, share in shares.items() if rng.random() < share)) for _ in range(1000)]
    cut = cut_label_sets(pd.DataFrame({"labels": pd.Series(sets, dtype=object)}), share=0.2, seed=1)
    assert len(cut.held) == 200
    whole, held = (Counter(label for one in part for label in one) for part in (sets, cut.held["labels"]))
    for label in shares:
        assert held[label] / whole[label] == pytest.approx(0.2, abs=0.02)


def test_numbers_are_cut_by_group_where_there_are_groups() -> None:
    frame = pd.DataFrame({"text": ["x"] * 40, "number": range(40), "group": [f"g{at // 4}" for at in range(40)]})
    cut = cut_numbers(frame, share=0.2, seed=1)
    assert len(cut.held) == 8
    assert set(cut.held["group"]).isdisjoint(cut.kept["group"])
    assert len(cut_numbers(frame.drop(columns="group"), share=0.2, seed=1).held) == 8


def test_labels_become_columns_of_zeros_and_ones() -> None:
    sets = [("b",), (), ("a", "b")]
    assert label_names(sets) == ("a", "b")
    assert hot_labels(sets, ("a", "b")).tolist() == [[0, 1], [0, 0], [1, 1]]
    with pytest.raises(DataError, match="row 1: the label 'b'"):
        hot_labels(sets, ("a",))
    with pytest.raises(DataError, match="no training row has a label"):
        label_names([()])


def test_a_label_that_only_the_test_has_is_named() -> None:
    test = pd.DataFrame({"text": ["hello", "bye"], "labels": pd.Series([(), ("a", "z")], dtype=object), "line": [2, 3]})
    test.attrs["file"] = "test.csv"
    check_label_sets(("a", "z"), test)
    with pytest.raises(DataError, match=r"test\.csv:3: only the test has the label 'z'"):
        check_label_sets(("a",), test)


def test_numbers_that_are_all_the_same_cannot_be_learnt() -> None:
    assert standardise(np.array([1.0, 3.0])) == (2.0, 1.0)
    with pytest.raises(DataError, match="two different numbers"):
        standardise(np.array([2.0, 2.0]))
