import json
from pathlib import Path
from typing import Any

import pytest

from trivet.data import splits
from trivet.data.formats.slots import read_bio, read_value_spans
from trivet.data.sources import open_dataset
from trivet.data.splits import split_validation, training_rows
from trivet.data.tagged import build_tagged_frame, read_texts
from trivet.errors import DataError
from trivet.recipe.data import Columns, DataRecipe
from trivet.settings import Settings

ROW = {"text": "a table in Paris at 7", "spans": [{"start": 20, "end": 21, "label": "time"}]}


def write(folder: Path, rows: list[Any], name: str = "own.jsonl") -> DataRecipe:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return DataRecipe(dataset=str(path))


@pytest.mark.parametrize("column", ["spans", "entities"])
def test_a_file_with_spans_and_no_label_is_a_set_of_tagging(tmp_path: Path, column: str) -> None:
    rows = [
        {
            "text": "北京 at 7",
            column: [{"start": 6, "end": 7, "label": "time"}, {"start": 0, "end": 2, "label": "city"}],
        }
    ]
    dataset = open_dataset(write(tmp_path, [*rows, {"text": "no spans here"}]), Settings())
    frame = dataset.frame("train")
    assert dataset.kind == "tagging"
    assert frame["spans"].tolist() == [((0, 2, "city"), (6, 7, "time")), ()]
    assert frame["line"].tolist() == [1, 2]


def test_a_file_with_labels_stays_one_of_labels_unless_the_spans_are_named(tmp_path: Path) -> None:
    recipe = write(tmp_path, [{**ROW, "label": "book"}, {**ROW, "label": "ask"}])
    assert open_dataset(recipe, Settings()).kind == "classification"
    named = recipe.model_copy(update={"columns": Columns(spans="spans")})
    assert open_dataset(named, Settings()).kind == "tagging"


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        ({"start": 20, "end": 22, "label": "time"}, "lies outside of the text of 21 characters"),
        ({"start": -1, "end": 2, "label": "time"}, "lies outside"),
        ({"start": 3, "end": 3, "label": "time"}, "holds nothing"),
        ({"start": 1, "end": 2, "label": "time"}, "holds nothing"),
        ({"start": 11, "end": 16, "label": ""}, "empty or no text"),
        ({"start": 11.5, "end": 16, "label": "city"}, "whole numbers"),
        ({"start": 11, "end": 16}, "not an object with start, end and label"),
        ("Paris", "not an object"),
    ],
)
def test_a_bad_span_is_named_by_file_and_line(tmp_path: Path, span: Any, reason: str) -> None:
    recipe = write(tmp_path, [ROW, {**ROW, "spans": [span]}])
    with pytest.raises(DataError, match=reason) as caught:
        open_dataset(recipe, Settings()).frame("train")
    assert caught.value.where == f"{recipe.dataset}:2"


def test_spans_that_overlap_are_refused_but_those_that_touch_are_not(tmp_path: Path) -> None:
    city = {"start": 11, "end": 16, "label": "city"}
    touching = {"start": 8, "end": 11, "label": "word"}
    assert len(open_dataset(write(tmp_path, [{**ROW, "spans": [city, touching]}]), Settings()).frame("train")) == 1
    with pytest.raises(DataError, match="overlaps"):
        open_dataset(write(tmp_path, [{**ROW, "spans": [city, {**touching, "end": 12}]}]), Settings()).frame("train")


def test_the_context_stands_before_the_text_and_is_not_counted(tmp_path: Path) -> None:
    frame = open_dataset(write(tmp_path, [{**ROW, "context": "time"}, ROW]), Settings()).frame("train")
    joined = read_texts(frame)
    assert joined[0].startswith("time")
    assert joined[0].endswith(ROW["text"])
    assert joined[1] == ROW["text"]
    assert frame["spans"].tolist()[0] == ((20, 21, "time"),)


def test_rows_without_labels_are_cut_for_test_and_validation(tmp_path: Path) -> None:
    recipe = write(tmp_path, [{**ROW, "text": f"{ROW['text']} {number}"} for number in range(40)])
    dataset = open_dataset(recipe, Settings())
    train, test = training_rows(dataset, recipe), splits.test_rows(dataset, recipe)
    part = split_validation(train, recipe, dataset=dataset)
    assert (len(test), len(part.train) + len(part.validation)) == (8, 32)
    assert len(set(test["text"]) | set(part.train["text"]) | set(part.validation["text"])) == 40


def test_words_with_tags_become_text_and_spans() -> None:
    raw = read_bio(
        b"play  jazz by ann lee \nstop\n", b"O B-genre O B-artist I-artist \nO\n", file="in", tags_file="out"
    )
    frame = build_tagged_frame(raw, columns={"text": "text", "spans": "spans"})
    assert frame["text"].tolist() == ["play jazz by ann lee", "stop"]
    assert frame["spans"].tolist() == [((5, 9, "genre"), (13, 20, "artist")), ()]


def test_an_inside_tag_after_another_type_begins_a_span_as_conlleval_reads_it() -> None:
    raw = read_bio(b"a b c d\n", b"I-x I-y I-y O\n", file="in", tags_file="out")
    spans = [[(span["start"], span["end"], span["label"]) for span in row] for row in raw.columns["spans"]]
    assert spans == [[(0, 1, "x"), (2, 5, "y")]]


@pytest.mark.parametrize(("tags", "reason"), [("O O", "3 words but 2 tags"), ("O X-a O", "'X-a' is no tag")])
def test_words_and_tags_that_do_not_go_together_are_named_by_line(tags: str, reason: str) -> None:
    raw = read_bio(b"x\na b c\n", f"O\n{tags}\n".encode(), file="in", tags_file="out")
    with pytest.raises(DataError, match=reason) as caught:
        build_tagged_frame(raw, columns={"text": "text", "spans": "spans"})
    assert caught.value.where == "in:2"


def test_a_value_that_begins_the_turn_has_no_start_in_the_file() -> None:
    turn = {
        "userInput": {"text": "7 today"},
        "context": {"requestedSlots": ["first_name", "time", "time"]},
        "labels": [{"slot": "time", "valueSpan": {"endIndex": 1}}],
    }
    raw = read_value_spans(json.dumps([turn, {"userInput": {"text": "hi"}}]).encode(), file="turns.json")
    assert raw.columns["spans"][0] == [{"start": 0, "end": 1, "label": "time"}]
    assert list(raw.columns["context"]) == ["first name, time", ""]


def test_a_turn_without_its_parts_is_named() -> None:
    raw = read_value_spans(json.dumps([{"userInput": {}}]).encode(), file="turns.json")
    assert [fault.line for fault in raw.faults] == [1]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "types", "spans"), [("snips-slots", 700, 39, 1790), ("restaurants8k", 3731, 5, 3477)]
)
def test_the_public_sets_have_the_spans_that_their_files_hold(name: str, rows: int, types: int, spans: int) -> None:
    frame = open_dataset(DataRecipe(dataset=name), Settings()).frame("test")
    train = open_dataset(DataRecipe(dataset=name), Settings()).frame("train")
    assert len(frame) == rows
    assert sum(len(row) for row in frame["spans"]) == spans
    assert len({label for row in train["spans"] for _, _, label in row}) == types
