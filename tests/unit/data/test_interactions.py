"""Events and a catalogue by path, and what can be wrong with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trivet.data.interactions import check_items, compose_text
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("user,item,event,timestamp\nu1,007,view,2026-01-02T03:04:05Z\nu1,7,buy,2026-01-02T03:04:06+01:00\n")
    return path


@pytest.fixture
def items(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_text("item,title,description,category\n007,Kettle,Boils water.,Kitchen|Gift\n7,Mug,,\n")
    return path


def test_events_and_catalogue_become_two_tables(events: Path, items: Path, recipe: Build, settings: Settings) -> None:
    dataset = open_dataset(recipe(events, items=str(items)), settings)
    assert dataset.kind == "interactions"
    frame = dataset.frame("interactions")
    assert list(frame["item"]) == ["007", "7"], "leading zeros survive"
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert list(frame["time"].dt.hour) == [3, 2]
    assert list(frame["value"]) == [1.0, 1.0]
    assert list(dataset.frame("items")["text"]) == ["Kettle. Boils water. Kitchen, Gift", "Mug"]


def test_events_in_a_folder_find_their_catalogue(events: Path, items: Path, recipe: Build, settings: Settings) -> None:
    events.rename(events.with_name("events.csv"))
    items.rename(items.with_name("items.csv"))
    dataset = open_dataset(recipe(events.parent), settings)
    assert set(dataset.tables) == {"interactions", "items"}


def test_other_names_of_columns_are_guessed_or_named(
    tmp_path: Path, items: Path, recipe: Build, settings: Settings
) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("userId,movieId,rating,timestamp\n1,7,4.5,964982703\n")
    frame = open_dataset(recipe(path, items=str(items)), settings).frame("interactions")
    assert (frame.loc[0, "event"], frame.loc[0, "value"]) == ("rating", 4.5)
    assert str(frame.loc[0, "time"]) == "2000-07-30 18:45:03+00:00"
    path.write_text("who,what,when\n1,7,2026-01-01\n")
    columns = {"user": "who", "item": "what", "time": "when"}
    assert len(open_dataset(recipe(path, items=str(items), columns=columns), settings).frame("interactions")) == 1


def test_events_without_a_catalogue_are_refused(events: Path, recipe: Build, settings: Settings) -> None:
    with pytest.raises(DataError, match="need a catalogue") as caught:
        open_dataset(recipe(events), settings)
    assert "--items" in caught.value.todo


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("u1,7,view,yesterday", "the time 'yesterday' is neither ISO 8601"),
        (",7,view,2026-01-01", "the user ('user') is empty"),
        ("u1, ,view,2026-01-01", "the item ('item') is empty"),
        ("u1,7,,2026-01-01", "the event ('event') is empty"),
    ],
)
def test_a_bad_event_is_named_by_line(
    row: str, reason: str, events: Path, items: Path, recipe: Build, settings: Settings
) -> None:
    events.write_text(events.read_text() + f"{row}\n")
    with pytest.raises(DataError) as caught:
        open_dataset(recipe(events, items=str(items)), settings).frame("interactions")
    assert caught.value.where == f"{events}:4"
    assert caught.value.what.startswith(reason)


@pytest.mark.parametrize("value", ["many", "", "inf"])
def test_a_value_that_is_no_number_is_named(
    value: str, tmp_path: Path, items: Path, recipe: Build, settings: Settings
) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(f"user,item,rating,time\n1,7,{value},2026-01-01\n")
    with pytest.raises(DataError, match="is not a number"):
        open_dataset(recipe(path, items=str(items)), settings).frame("interactions")


@pytest.mark.parametrize(
    ("row", "reason"),
    [("8,,,", "item '8' has no text"), ("7,Cup,,", "item '7' stands already in line 3"), (",Cup,,", "the item")],
)
def test_a_bad_item_is_named_by_line(
    row: str, reason: str, events: Path, items: Path, recipe: Build, settings: Settings
) -> None:
    items.write_text(items.read_text() + f"{row}\n")
    with pytest.raises(DataError) as caught:
        open_dataset(recipe(events, items=str(items)), settings).frame("items")
    assert caught.value.where == f"{items}:4"
    assert caught.value.what.startswith(reason)


def test_a_catalogue_without_any_text_is_refused(events: Path, items: Path, recipe: Build, settings: Settings) -> None:
    items.write_text("item,price\n7,3.00\n")
    with pytest.raises(DataError, match="no column is plainly the text of an item; the file has 'item', 'price'"):
        open_dataset(recipe(events, items=str(items)), settings).frame("items")


def test_an_event_of_an_unknown_item_is_named(events: Path, items: Path, recipe: Build, settings: Settings) -> None:
    events.write_text(events.read_text() + "u2,404,view,2026-01-01\nu3,404,view,2026-01-01\n")
    dataset = open_dataset(recipe(events, items=str(items)), settings)
    with pytest.raises(DataError, match=r"log\.csv:4: item '404' is not in the catalogue \(1 such in 2 events\)"):
        check_items(dataset.frame("interactions"), dataset.frame("items"))


def test_a_text_is_composed_of_what_is_there() -> None:
    assert compose_text("Toy Story (1995)", "", "Animation, Comedy") == "Toy Story (1995). Animation, Comedy"
    assert compose_text("Kettle", "Boils.", "") == "Kettle. Boils"
    assert compose_text("", " ", "") == ""
