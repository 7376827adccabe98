"""The samples keep what the project promises of them."""

from collections.abc import Callable

import pytest

from trivet.data.core_filter import filter_core
from trivet.data.frames import check_labels
from trivet.data.interactions import check_items
from trivet.data.lint import lint_frame
from trivet.data.overlap import measure_overlap
from trivet.data.samples import SAMPLES, read_dialogues, read_sample_rows, sample_file
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

Build = Callable[..., DataRecipe]
DESKS = ("sample-bank", "sample-shop", "sample-insurer", "sample-clinic")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_needs_no_mirror_and_no_network(name: str, recipe: Build, settings: Settings) -> None:
    dataset = open_dataset(recipe(name), settings)
    assert dataset.source == "package"
    assert dataset.licence.commercial
    assert all(len(dataset.frame(table)) > 50 for table in dataset.tables)


@pytest.mark.parametrize("name", DESKS)
def test_a_desk_has_fifteen_intents_of_twenty_messages_and_none_of_the_test_in_train(
    name: str, recipe: Build, settings: Settings
) -> None:
    dataset = open_dataset(recipe(name), settings)
    train, test = dataset.frame("train"), dataset.frame("test")
    counts = train["label"].value_counts()
    assert len(counts) >= 15
    assert counts.min() + test["label"].value_counts().min() >= 20
    check_labels(train["label"], test)
    assert measure_overlap(list(train["text"]), list(test["text"])).normalised == 0
    assert not [finding for finding in lint_frame(train, test=test) if finding.severity == "error"]
    assert set(dataset.frame("out_of_scope_test")["kind"]) == {"near", "far"}


@pytest.mark.parametrize("name", DESKS)
def test_the_dialogues_of_a_desk_use_its_intents(name: str, recipe: Build, settings: Settings) -> None:
    known = set(open_dataset(recipe(name), settings).frame("train")["label"])
    dialogues = read_dialogues(name)
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    assert len(dialogues) >= 20
    assert {turn.speaker for turn in turns} == {"customer", "agent"}
    assert {turn.intent for turn in turns if turn.speaker == "customer"} <= known


def test_the_headlines_are_cut_by_time_and_their_companies_have_prices(recipe: Build, settings: Settings) -> None:
    dataset = open_dataset(recipe("sample-finance"), settings)
    train, test = dataset.frame("train"), dataset.frame("test")
    assert train["time"].max() < test["time"].min()
    assert set(test["label"]) == set(train["label"]) == {"positive", "negative", "neutral"}
    companies = {row["ticker"] for row in read_sample_rows("sample-finance", "companies.csv")}
    assert {row["ticker"] for row in read_sample_rows("sample-finance", "prices.csv")} >= companies


def test_every_event_of_the_shop_is_of_an_item_with_a_text(recipe: Build, settings: Settings) -> None:
    dataset = open_dataset(recipe("sample-recommend"), settings)
    interactions, items = dataset.frame("interactions"), dataset.frame("items")
    check_items(interactions, items)
    assert items["added_at"].notna().all()
    assert len(filter_core(interactions, least=5)) > 0.8 * len(interactions)


def test_a_file_that_a_sample_lacks_is_answered_with_those_it_has() -> None:
    with pytest.raises(DataError, match=r"has no file 'price\.csv', only companies\.csv"):
        sample_file("sample-finance", "price.csv")
    with pytest.raises(DataError, match="has no file"):
        sample_file("sample-finance", "../README.md")
    with pytest.raises(DataError, match="is no sample"):
        sample_file("banking77", "train.csv")
