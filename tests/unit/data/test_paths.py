"""A path is a data set, whatever its format, and a mistake in it is named."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]
ROWS = [("card lost, help", "lost_card"), ("where is\nmy order", "status"), ("naïve “quotes”", "status")]


def write_rows(path: Path, *, text: str = "text", label: str = "label") -> Path:
    frame = pd.DataFrame(ROWS, columns=[text, label])
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    match plain.suffix:
        case ".csv":
            content = frame.to_csv(index=False).encode()
        case ".tsv":
            content = frame.to_csv(index=False, sep="\t").encode()
        case ".jsonl" | ".ndjson":
            lines = [json.dumps(row, ensure_ascii=False) for row in frame.to_dict("records")]
            content = "\n".join(lines).encode()
        case _:
            content = frame.to_parquet(index=False)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.parquet", "a.CSV", "a.csv.gz", "a.jsonl.gz"]
)
def test_every_format_gives_the_same_rows(name: str, tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = write_rows(tmp_path / name.replace("CSV", "csv"))
    path = path.rename(tmp_path / name)
    dataset = open_dataset(recipe(path), settings)
    assert (dataset.kind, dataset.source, dataset.name) == ("classification", "file", name)
    frame = dataset.frame("train")
    assert list(zip(frame["text"], frame["label"])) == ROWS
    assert list(frame.columns) == ["text", "label", "line"]


def test_the_hash_is_of_the_bytes_unpacked_or_not(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    plain = open_dataset(recipe(write_rows(tmp_path / "a.csv")), settings)
    packed = open_dataset(recipe(write_rows(tmp_path / "b.csv.gz")), settings)
    assert plain.sha256("train") == packed.sha256("train")
    assert len(plain.sha256("train")) == 64


@pytest.mark.parametrize(
    ("text", "label"), [("question", "intent"), ("Utterance", "Category"), ("query", "sentiment"), ("Message", "class")]
)
def test_usual_names_of_columns_need_no_flag(
    text: str, label: str, tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    dataset = open_dataset(recipe(write_rows(tmp_path / "a.csv", text=text, label=label)), settings)
    assert list(dataset.frame("train")["label"]) == [label for _, label in ROWS]


def test_flags_name_unusual_columns(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = write_rows(tmp_path / "a.csv", text="what they said", label="text")
    columns = {"text": "what they said", "label": "text"}
    frame = open_dataset(recipe(path, columns=columns), settings).frame("train")
    assert list(frame["text"]) == [text for text, _ in ROWS]


def test_a_column_that_cannot_be_guessed_is_asked_for_by_flag(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = write_rows(tmp_path / "a.csv", label="outcome")
    with pytest.raises(DataError) as caught:
        open_dataset(recipe(path), settings).frame("train")
    assert "the file has 'text', 'outcome'" in caught.value.what
    assert "--label COLUMN" in caught.value.todo
    assert "data.columns.label" in caught.value.todo


def test_a_misspelt_column_is_answered_with_those_the_file_has(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = write_rows(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"no column 'lable'; it has 'text', 'label'\. Did you mean 'label'\?"):
        open_dataset(recipe(path, columns={"label": "lable"}), settings).frame("train")


def test_rows_without_labels_can_still_be_read_as_texts(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,one\n2,two\n")
    dataset = open_dataset(recipe(path), settings)
    assert list(dataset.frame("texts").columns) == ["text", "id", "line"]
    with pytest.raises(DataError, match="no column is plainly the label"):
        dataset.frame("train")
    assert list(dataset.frame("texts")["text"]) == ["one", "two"]


def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"fine\n\nand long",a\n  ,a\nfine,\nfine,a,b\n')
    with pytest.raises(DataError) as caught:
        open_dataset(recipe(path), settings).frame("train")
    assert caught.value.where == f"{path}:5"
    assert caught.value.what == "the text ('text') is empty (2 more bad rows: line 6, 7)."


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"text": null, "label": "a"}', "the text ('text') is empty"),
        ('{"text": "x", "label": ["a"]}', "the label ('label') is a list, not a text"),
        ('{"text": "x"}', "the label ('label') is empty"),
        ('{"text": "x\\u0000y", "label": "a"}', "the text ('text') holds a NUL byte"),
        ('{"text": "x", ', "not valid JSON"),
    ],
)
def test_a_bad_json_row_is_named_by_line_and_reason(
    row: str, reason: str, tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "fine", "label": "a"}}\n{row}\n')
    with pytest.raises(DataError) as caught:
        open_dataset(recipe(path), settings).frame("train")
    assert caught.value.where == f"{path}:2"
    assert caught.value.what.startswith(reason)


def test_invalid_utf_8_is_named_by_line(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\nok,a\ncafé,b\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"a\.csv:3: byte 0xE9 is not valid UTF-8"):
        open_dataset(recipe(path), settings)


def test_a_header_without_rows_is_refused(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n")
    with pytest.raises(DataError, match="has no rows"):
        open_dataset(recipe(path), settings).frame("train")


@pytest.mark.parametrize("name", ["missing.csv", "./missing", "missing/folder"])
def test_nothing_at_a_path_is_said_so(name: str, recipe: Build, settings: Settings) -> None:
    with pytest.raises(DataError, match="no data at") as caught:
        open_dataset(recipe(name), settings)
    assert "change data.dataset" in caught.value.todo


def test_another_format_is_refused_with_those_that_are_read(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(DataError, match=r"'\.xlsx' is of no format that is read") as caught:
        open_dataset(recipe(path), settings)
    assert ".parquet" in caught.value.todo


def test_a_packed_file_that_is_cut_short_is_refused(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path = write_rows(tmp_path / "a.csv.gz")
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DataError, match="not a whole gzip file"):
        open_dataset(recipe(path), settings)


def test_a_folder_holds_one_file_a_table(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    write_rows(tmp_path / "train.csv")
    write_rows(tmp_path / "dev.jsonl.gz")
    write_rows(tmp_path / "test.parquet")
    (tmp_path / "out_of_scope.csv").write_text("text,kind\nsing me a song,far\n")
    (tmp_path / "README.md").write_text("not data")
    dataset = open_dataset(recipe(tmp_path), settings)
    assert set(dataset.tables) == {"train", "texts", "validation", "test", "out_of_scope_test"}
    assert len(dataset.frame("validation")) == len(ROWS)
    foreign = dataset.frame("out_of_scope_test")
    assert list(foreign["label"]) == ["out_of_scope"]
    assert list(foreign["kind"]) == ["far"]


def test_what_is_out_of_scope_may_call_its_text_otherwise(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    write_rows(tmp_path / "train.csv", text="asked", label="wanted")
    (tmp_path / "oos.csv").write_text("text\nsing me a song\n")
    dataset = open_dataset(recipe(tmp_path, columns={"text": "asked", "label": "wanted"}), settings)
    assert list(dataset.frame("out_of_scope_test")["text"]) == ["sing me a song"]


def test_two_files_for_one_table_are_refused(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    write_rows(tmp_path / "train.csv")
    write_rows(tmp_path / "train.jsonl")
    with pytest.raises(DataError, match=r"holds train\.csv and train\.jsonl, both train"):
        open_dataset(recipe(tmp_path), settings)


def test_a_folder_without_training_rows_is_refused_with_what_it_holds(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    write_rows(tmp_path / "rows.csv")
    with pytest.raises(DataError, match=r"neither train\.\* nor events\.\*, but rows\.csv"):
        open_dataset(recipe(tmp_path), settings)


def test_the_test_file_is_not_opened_for_training(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    write_rows(tmp_path / "train.csv")
    (tmp_path / "test.csv").write_bytes(b"\xff\xfe\xff not even text")
    dataset = open_dataset(recipe(tmp_path), settings)
    assert len(dataset.frame("train")) == len(ROWS)
    with pytest.raises(DataError):
        dataset.frame("test")


def test_a_test_path_stands_beside_any_set(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    path, test = write_rows(tmp_path / "a.csv"), tmp_path / "mine.jsonl"
    test.write_text('{"question": "card lost", "intent": "lost_card"}\n')
    dataset = open_dataset(recipe(path, test=str(test)), settings)
    assert list(dataset.frame("test")["label"]) == ["lost_card"]
    with pytest.raises(DataError, match=r"data\.test: no file at"):
        open_dataset(recipe(path, test=str(tmp_path / "none.csv")), settings)


def test_a_change_of_a_frame_does_not_reach_the_next_caller(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    dataset = open_dataset(recipe(write_rows(tmp_path / "a.csv")), settings)
    mine = dataset.frame("train")
    mine["label"] = "spoilt"
    mine.loc[0, "text"] = "spoilt"
    assert dataset.frame("train").loc[0, "text"] == ROWS[0][0]
    assert "spoilt" not in set(dataset.frame("train")["label"])


def test_a_table_that_is_not_there_is_answered_with_those_that_are(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    dataset = open_dataset(recipe(write_rows(tmp_path / "a.csv")), settings)
    with pytest.raises(DataError, match="has no table 'test', only train, texts"):
        dataset.frame("test")
