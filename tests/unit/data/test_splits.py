"""What is learned from, chosen on and tested on are three different things."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from trivet.data import splits
from trivet.data.frames import check_labels
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]


def write(path: Path, rows: int, *, labels: str = "abcd", start: int = 0, time: bool = False) -> Path:
    frame = pd.DataFrame(
        {
            "text": [f"row {start + at}" for at in range(rows)],
            "label": [labels[at % len(labels)] for at in range(rows)],
            "group": [f"g{at // 4}" for at in range(rows)],
        }
    )
    if time:
        frame["when"] = [f"2026-01-{1 + at % 28:02d}" for at in range(rows)]
    frame.to_csv(path, index=False)
    return path


def write_folder(folder: Path) -> Path:
    write(folder / "train.csv", 40)
    write(folder / "validation.csv", 8, start=100)
    write(folder / "test.csv", 12, start=200)
    return folder


def test_without_a_test_of_its_own_a_set_is_cut_the_same_way_twice(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = write(tmp_path / "a.csv", 100)
    knobs = recipe(path, test_share=0.2)
    dataset = open_dataset(knobs, settings)
    train, test = splits.training_rows(dataset, knobs), splits.test_rows(dataset, knobs)
    assert (len(train), len(test)) == (80, 20)
    assert set(train["text"]).isdisjoint(test["text"])
    assert test["label"].value_counts().to_dict() == {"a": 5, "b": 5, "c": 5, "d": 5}
    again = open_dataset(knobs, settings)
    assert list(splits.test_rows(again, knobs)["text"]) == list(test["text"])
    other = recipe(path, test_share=0.2, seed=14)
    assert list(splits.test_rows(open_dataset(other, settings), other)["text"]) != list(test["text"])


def test_a_set_s_own_parts_are_used_as_they_are(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    knobs = recipe(write_folder(tmp_path))
    dataset = open_dataset(knobs, settings)
    rows = splits.training_rows(dataset, knobs)
    assert (len(rows), len(splits.test_rows(dataset, knobs))) == (40, 12)
    parts = splits.split_validation(rows, knobs, dataset=dataset)
    assert (len(parts.train), len(parts.validation)) == (40, 8)
    cut = splits.split_validation(rows, knobs)
    assert (len(cut.train), len(cut.validation)) == (36, 4)


def test_another_split_cuts_the_whole_set_anew(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    knobs = recipe(write_folder(tmp_path), split="stratified", test_share=0.25)
    dataset = open_dataset(knobs, settings)
    train, test = splits.training_rows(dataset, knobs), splits.test_rows(dataset, knobs)
    assert (len(train), len(test)) == (45, 15)
    assert len(set(train["text"]) | set(test["text"])) == 60


def test_a_test_path_stays_the_test_whatever_the_split(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path, test = write(tmp_path / "a.csv", 40), write(tmp_path / "b.csv", 8, start=500)
    knobs = recipe(path, test=str(test), split="grouped", columns={"group": "group"})
    dataset = open_dataset(knobs, settings)
    rows = splits.training_rows(dataset, knobs)
    assert (len(rows), len(splits.test_rows(dataset, knobs))) == (40, 8)
    parts = splits.split_validation(rows, knobs)
    assert set(parts.train["group"]).isdisjoint(parts.validation["group"])


def test_a_time_split_trains_on_the_past(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    knobs = recipe(write(tmp_path / "a.csv", 56, time=True), split="time", columns={"time": "when"})
    dataset = open_dataset(knobs, settings)
    rows = splits.training_rows(dataset, knobs)
    parts = splits.split_validation(rows, knobs)
    assert parts.train["time"].max() < parts.validation["time"].min()
    assert parts.validation["time"].max() < splits.test_rows(dataset, knobs)["time"].min()


def test_an_unreadable_time_is_an_error_only_where_time_matters(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label,date\none,a,24.11.2026\ntwo,a,soon\nthree,a,2026-01-01\n")
    assert len(splits.training_rows(open_dataset(recipe(path), settings), recipe(path))) == 2
    knobs = recipe(path, split="time")
    with pytest.raises(DataError, match=r"a\.csv:2: the time '24\.11\.2026'.*1 more bad row: line 3"):
        splits.training_rows(open_dataset(knobs, settings), knobs)


def test_shots_are_rows_a_label_after_the_cut(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = write(tmp_path / "a.csv", 100)
    knobs = recipe(path, shots=3)
    dataset = open_dataset(knobs, settings)
    rows = splits.training_rows(dataset, knobs)
    assert rows["label"].value_counts().to_dict() == dict.fromkeys("abcd", 3)
    assert set(rows["text"]).isdisjoint(splits.test_rows(dataset, knobs)["text"])
    assert list(rows["text"]) == list(splits.training_rows(dataset, knobs)["text"])
    many = recipe(path, shots=1000)
    assert len(splits.training_rows(dataset, many)) == 80


def test_the_test_cut_and_the_validation_cut_do_not_draw_the_same_rows(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    knobs = recipe(write(tmp_path / "a.csv", 100, labels="a"), test_share=0.3, validation_share=0.3)
    dataset = open_dataset(knobs, settings)
    rows = splits.training_rows(dataset, knobs)
    same = splits.split_validation(dataset.frame("train"), knobs).validation
    assert list(same["text"]) != list(splits.test_rows(dataset, knobs)["text"])
    assert len(splits.split_validation(rows, knobs).validation) == 21


def test_too_few_rows_for_a_validation_part_are_refused(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\none,a\ntwo,b\n")
    knobs = recipe(path)
    with pytest.raises(DataError, match="2 rows are too few"):
        splits.split_validation(open_dataset(knobs, settings).frame("train"), knobs)


def test_interactions_leave_the_last_out_twice(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    events, items = tmp_path / "events.csv", tmp_path / "items.csv"
    events.write_text("user,item,time\n" + "".join(f"u{user},i{at},{at}\n" for at in range(4) for user in range(3)))
    items.write_text("item,title\n" + "".join(f"i{at},Item {at}\n" for at in range(4)))
    knobs = recipe(tmp_path)
    dataset = open_dataset(knobs, settings)
    rows, test = splits.training_rows(dataset, knobs), splits.test_rows(dataset, knobs)
    assert set(test["item"]) == {"i3"}
    parts = splits.split_validation(rows, knobs)
    assert set(parts.validation["item"]) == {"i2"}
    assert set(parts.train["item"]) == {"i0", "i1"}


@pytest.mark.parametrize(("kind", "split"), [("interactions", "stratified"), ("texts", "leave_last_out")])
def test_a_split_that_does_not_fit_the_rows_is_refused(
    kind: str, split: str, tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    if kind == "texts":
        path = write(tmp_path / "a.csv", 10)
    else:
        path = tmp_path
        (tmp_path / "events.csv").write_text("user,item,time\nu,i,1\nu,i,2\n")
        (tmp_path / "items.csv").write_text("item,title\ni,Item\n")
    knobs = recipe(path, split=split)
    with pytest.raises(DataError, match=r"data\.split"):
        splits.training_rows(open_dataset(knobs, settings), knobs)


def test_a_label_that_only_the_test_has_is_named_with_an_example(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    write(tmp_path / "train.csv", 8)
    (tmp_path / "test.csv").write_text("text,label\nfine,a\nnever seen,e\nagain,f\n")
    dataset = open_dataset(recipe(tmp_path), settings)
    with pytest.raises(DataError) as caught:
        check_labels(dataset.frame("train")["label"], dataset.frame("test"))
    assert caught.value.where.endswith("test.csv:3")
    assert caught.value.what.startswith(
        "only the test has the label 'e' (1 more such label), for example in 'never seen'"
    )
    check_labels(["a", "e", "f"], dataset.frame("test"))
