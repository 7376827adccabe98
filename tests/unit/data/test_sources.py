"""A name or a path: which of the two is meant, and what an unknown one is answered with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]


def test_an_unknown_name_is_answered_with_the_closest(recipe: Build, settings: Settings) -> None:
    with pytest.raises(DataError, match=r"there is no data set 'sample-bnak'\. Did you mean 'sample-bank'"):
        open_dataset(recipe("sample-bnak"), settings)


def test_a_card_s_name_means_the_card_even_where_a_folder_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: Build, settings: Settings
) -> None:
    folder = tmp_path / "sample-bank"
    folder.mkdir()
    (folder / "train.csv").write_text("text,label\nmine,a\n")
    monkeypatch.chdir(tmp_path)
    assert open_dataset(recipe("sample-bank"), settings).source == "package"
    assert open_dataset(recipe("./sample-bank"), settings).source == "file"


def test_a_folder_of_another_name_needs_no_slash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: Build, settings: Settings
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "train.csv").write_text("text,label\nmine,a\n")
    monkeypatch.chdir(tmp_path)
    assert open_dataset(recipe("mine"), settings).name == "mine"


def test_a_test_file_of_the_reader_s_own_stands_beside_a_named_set(
    tmp_path: Path, recipe: Build, settings: Settings
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("question,intent\nwhere is my card,card_arrival\n")
    dataset = open_dataset(recipe("sample-bank", test=str(path)), settings)
    assert list(dataset.frame("test")["text"]) == ["where is my card"]
    assert len(dataset.frame("train")) > 100


def test_a_catalogue_for_texts_with_labels_is_refused(tmp_path: Path, recipe: Build, settings: Settings) -> None:
    with pytest.raises(DataError, match="is for sets of interactions"):
        open_dataset(recipe("sample-bank", items=str(tmp_path / "items.csv")), settings)


def test_a_named_set_that_is_nowhere_says_where_it_was_looked_for(recipe: Build, settings: Settings) -> None:
    with pytest.raises(DataError, match=r"neither in TRIVET_DATA \(not set\) nor in the cache") as caught:
        open_dataset(recipe("banking77"), settings)
    assert caught.value.where == "banking77"
    assert "https://raw.githubusercontent.com/PolyAI-LDN" in caught.value.todo
