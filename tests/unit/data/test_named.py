"""Named sets of every format, from a card and a small mirror that the test writes itself."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trivet.data.cards import DataCard
from trivet.data.named import open_named
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]


class Mirror:
    """A mirror with one set in it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "mirror" / "toy"
        self.settings = Settings(data=root / "mirror", cache=root / "cache", offline=True)
        self.files: dict[str, dict[str, Any]] = {}

    def put(self, path: str, content: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)
        self.files[path] = {"sha256": hashlib.sha256(content).hexdigest()}

    def card(self, tables: dict[str, Any], **knobs: Any) -> DataCard:
        return DataCard.model_validate(
            {
                "name": "toy",
                "title": "a toy",
                "mirror": "toy",
                "origin": "http://127.0.0.1:9",
                "licence": {"name": "CC-BY-NC-4.0", "commercial": False},
                "citation": "nobody",
                "files": self.files,
                "tables": tables,
                **knobs,
            }
        )


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path)


def test_columns_and_labels_go_by_the_names_of_the_card(mirror: Mirror, recipe: Build) -> None:
    mirror.put("a.csv", b'text,label,other\r\none,0,x\r\n"two\nlines",1,y\r\n')
    card = mirror.card(
        {"train": {"file": "a.csv", "rows": 2}},
        columns={"text": "text", "label": "label"},
        label_names={"0": "bearish", "1": "bullish"},
    )
    dataset = open_named(card, recipe("toy"), mirror.settings)
    assert (dataset.source, dataset.licence.commercial) == ("mirror", False)
    frame = dataset.frame("train")
    assert list(frame["label"]) == ["bearish", "bullish"]
    assert list(frame["line"]) == [2, 3]
    assert dataset.sha256("train") == card.files["a.csv"].sha256


def test_the_recipe_may_choose_another_column_than_the_card(mirror: Mirror, recipe: Build) -> None:
    mirror.put("a.csv", b"text,label,topic\none,0,cards\n")
    card = mirror.card({"train": {"file": "a.csv"}}, columns={"text": "text", "label": "label"})
    dataset = open_named(card, recipe("toy", columns={"label": "topic"}), mirror.settings)
    assert list(dataset.frame("train")["label"]) == ["cards"]


def test_a_label_that_the_card_does_not_know_is_a_bad_row(mirror: Mirror, recipe: Build) -> None:
    mirror.put("a.csv", b"text,label\none,0\ntwo,7\n")
    card = mirror.card({"train": {"file": "a.csv"}}, label_names={"0": "bearish", "1": "bullish"})
    with pytest.raises(DataError, match=r"a\.csv:3: the label '7' is none of 0, 1"):
        open_named(card, recipe("toy"), mirror.settings).frame("train")


def test_lines_of_two_files_belong_together(mirror: Mirror, recipe: Build) -> None:
    mirror.put("train/seq.in", b"one\ntwo\n")
    mirror.put("train/label", b"a\nb\n")
    table = {"file": "train/seq.in", "labels": "train/label"}
    dataset = open_named(mirror.card({"train": table}, format="paired_lines"), recipe("toy"), mirror.settings)
    assert list(dataset.frame("train")["label"]) == ["a", "b"]
    before = dataset.sha256("train")
    mirror.put("train/label", b"a\na\n")
    again = open_named(mirror.card({"train": table}, format="paired_lines"), recipe("toy"), mirror.settings)
    assert again.sha256("train") != before, "the hash covers the labels as well"


def test_tables_of_one_json_file_go_by_their_keys(mirror: Mirror, recipe: Build) -> None:
    content = {"train": [["one", "a"]], "oos_test": [["sing", "oos"]]}
    mirror.put("a.json", json.dumps(content).encode())
    tables = {
        "train": {"file": "a.json", "key": "train"},
        "out_of_scope_test": {"file": "a.json", "key": "oos_test"},
    }
    dataset = open_named(mirror.card(tables, format="split_json"), recipe("toy"), mirror.settings)
    assert list(dataset.frame("train")["label"]) == ["a"]
    assert list(dataset.frame("out_of_scope_test")["label"]) == ["out_of_scope"]


def test_a_set_without_split_files_is_cut_the_same_way_every_time(mirror: Mirror, recipe: Build) -> None:
    lines = "".join(f"row {at} caf\u00e9@{'ab'[at % 2]}\r\n" for at in range(50))
    mirror.folder.mkdir(parents=True)
    with zipfile.ZipFile(mirror.folder / "a.zip", "w") as archive:
        archive.writestr("in/rows.txt", lines.encode("latin-1"))
    mirror.put("a.zip", (mirror.folder / "a.zip").read_bytes())
    part = {"file": "a.zip", "member": "in/rows.txt"}
    card = mirror.card(
        {name: {**part, "part": name} for name in ("train", "validation", "test")},
        format="separated",
        separator="@",
        last_separator=True,
        encoding="latin-1",
        cut={"kind": "shuffle", "test": 0.2, "validation": 0.1, "seed": 0},
    )
    frames = [open_named(card, recipe("toy"), mirror.settings).frame(name) for name in ("train", "validation", "test")]
    assert [len(frame) for frame in frames] == [36, 4, 10]
    texts = [text for frame in frames for text in frame["text"]]
    assert sorted(texts) == sorted(f"row {at} caf\u00e9" for at in range(50))
    again = open_named(card, recipe("toy"), mirror.settings)
    assert list(again.frame("test")["text"]) == list(frames[2]["text"])


def test_a_count_that_is_not_the_card_s_is_refused(mirror: Mirror, recipe: Build) -> None:
    mirror.put("a.csv", b"text,label\none,a\n")
    card = mirror.card({"train": {"file": "a.csv", "rows": 2}})
    with pytest.raises(DataError, match="has 1 rows, the card says 2"):
        open_named(card, recipe("toy"), mirror.settings).frame("train")


def test_interactions_with_separators_of_two_characters(mirror: Mirror, recipe: Build) -> None:
    mirror.put("ratings.dat", b"1::0104257::8::1364690142\n")
    mirror.put(
        "movies.dat", "0104257::A Few Good Men (1992)::Drama|Thriller\n0000001::L'\u00e9t\u00e9 (1900)::\n".encode()
    )
    card = mirror.card(
        {
            "interactions": {"file": "ratings.dat", "fields": ["user", "item", "rating", "time"]},
            "items": {
                "file": "movies.dat",
                "fields": ["item", "title", "genres"],
                "columns": {"category": "genres", "title": "title"},
            },
        },
        kind="interactions",
        format="separated",
        separator="::",
        columns={"user": "user", "item": "item", "value": "rating", "time": "time"},
    )
    dataset = open_named(card, recipe("toy"), mirror.settings)
    event = dataset.frame("interactions").loc[0]
    assert (event["item"], event["value"], event["event"]) == ("0104257", 8.0, "rating")
    assert list(dataset.frame("items")["text"]) == ["A Few Good Men (1992). Drama, Thriller", "L'\u00e9t\u00e9 (1900)"]


def test_only_the_file_of_the_table_asked_for_is_opened(mirror: Mirror, recipe: Build) -> None:
    mirror.put("train.csv", b"text,label\none,a\n")
    mirror.put("test.csv", b"text,label\none,a\n")
    card = mirror.card({"train": {"file": "train.csv"}, "test": {"file": "test.csv"}})
    (mirror.folder / "test.csv").write_bytes(b"damaged")
    dataset = open_named(card, recipe("toy"), mirror.settings)
    assert len(dataset.frame("train")) == 1
    with pytest.raises(DataError, match="is damaged"):
        dataset.frame("test")


def test_all_files_are_fetched_when_the_set_is_opened(origin: Any, tmp_path: Path, recipe: Build) -> None:
    mirror = Mirror(tmp_path)
    for name in ("train.csv", "test.csv"):
        mirror.put(name, b"text,label\none,a\n")
        origin.files[f"/{name}"] = (mirror.folder / name).read_bytes()
        (mirror.folder / name).unlink()
    card = mirror.card({"train": {"file": "train.csv"}, "test": {"file": "test.csv"}}, origin=origin.address)
    settings = Settings(data=None, cache=tmp_path / "cache", offline=False)
    assert open_named(card, recipe("toy"), settings).source == "origin"
    assert sorted(origin.asked) == ["/test.csv", "/train.csv"]
    assert open_named(card, recipe("toy"), settings).source == "cache"
    origin.files["/train.csv"] = b"text,label\nspoilt,a\n"
    with pytest.raises(DataError, match="the download is damaged"):
        open_named(card, recipe("toy"), Settings(data=None, cache=tmp_path / "fresh", offline=False))
    assert not list((tmp_path / "fresh").rglob("train*"))
