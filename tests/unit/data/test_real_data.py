"""The loaders on the public sets themselves: the counts that their owners and papers give."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trivet.data import splits
from trivet.data.cards import list_cards
from trivet.data.core_filter import filter_core
from trivet.data.cuts import sort_interactions
from trivet.data.dataset import Dataset
from trivet.data.frames import check_label_sets, check_labels
from trivet.data.interactions import check_items
from trivet.data.overlap import measure_overlap
from trivet.data.sources import open_dataset
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

pytestmark = pytest.mark.real_data
PUBLIC = [card.name for card in list_cards() if not card.package]
# Rows of train, validation and test, and the number of labels.
COUNTS = {
    "banking77": (10003, 0, 3080, 77),
    "banking77-5shot": (385, 1540, 3080, 77),
    "banking77-10shot": (770, 1540, 3080, 77),
    "banking77-oos": (5903, 1506, 2000, 50),
    "clinc150": (15000, 3000, 4500, 150),
    "clinc-banking-oos": (500, 500, 500, 10),
    "clinc-cards-oos": (500, 500, 500, 10),
    "clinc150-small": (7500, 3000, 4500, 150),
    "clinc150-5shot": (750, 3000, 4500, 150),
    "clinc150-10shot": (1500, 3000, 4500, 150),
    "hwu64": (8954, 1076, 1076, 64),
    "hwu64-5shot": (320, 1076, 1076, 64),
    "hwu64-10shot": (640, 1076, 1076, 64),
    "phrasebank-50agree": (3488, 388, 970, 3),
    "phrasebank-allagree": (1629, 182, 453, 3),
    "tfns": (9543, 0, 2388, 3),
    "tfns-sentiment": (9543, 0, 2388, 3),
    "xsid-en": (43605, 300, 500, 16),
}
# Other languages, which models of English sets are judged on: rows of validation and test, and the labels of the test.
JUDGED_ONLY = {"arbanking77": (2464, 3574, 77), "xsid-zh": (300, 500, 15)}


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Dataset]:
    settings = Settings(data=Path(os.environ.get("TRIVET_DATA", "")), cache=tmp_path / "cache", offline=True)
    return lambda name: open_dataset(DataRecipe(dataset=name), settings)


@pytest.mark.parametrize("name", COUNTS)
def test_rows_and_labels_are_as_published(name: str, load: Callable[[str], Dataset]) -> None:
    train, validation, test, labels = COUNTS[name]
    dataset = load(name)
    assert dataset.source == "mirror"
    assert len(dataset.frame("train")) == train
    assert len(dataset.frame("test")) == test
    assert ("validation" in dataset.tables) == bool(validation)
    if validation:
        assert len(dataset.frame("validation")) == validation
    assert dataset.frame("train")["label"].nunique() == labels
    check_labels(dataset.frame("train")["label"], dataset.frame("test"))


def test_every_public_classification_set_is_counted() -> None:
    public = {card.name for card in list_cards() if not card.package and card.kind == "classification"}
    assert {*COUNTS, *JUDGED_ONLY, "banking77-train-only", "bitext"} == public


@pytest.mark.parametrize("name", JUDGED_ONLY)
def test_sets_of_other_languages_have_no_training_rows(name: str, load: Callable[[str], Dataset]) -> None:
    dataset = load(name)
    assert set(dataset.tables) == {"validation", "test"}
    found = dataset.frame("test")
    assert (len(dataset.frame("validation")), len(found), found["label"].nunique()) == JUDGED_ONLY[name]


@pytest.mark.parametrize(
    ("name", "train", "test", "labels", "several", "none"),
    [("nlupp-banking", 1867, 204, 48, 1438, 88), ("nlupp-hotels", 911, 98, 40, 574, 274)],
)
def test_nlupp_has_any_number_of_intents_a_text(
    name: str, train: int, test: int, labels: int, several: int, none: int, load: Callable[[str], Dataset]
) -> None:
    dataset = load(name)
    frames = [dataset.frame("train"), dataset.frame("test")]
    assert [len(frame) for frame in frames] == [train, test]
    sets = [one for frame in frames for one in frame["labels"]]
    assert len({label for one in sets for label in one}) == labels
    assert (sum(len(one) > 1 for one in sets), sum(not one for one in sets)) == (several, none)
    check_label_sets({label for one in frames[0]["labels"] for label in one}, frames[1])


def test_fiqa_has_a_score_a_target_and_no_sentence_in_both_parts(load: Callable[[str], Dataset]) -> None:
    dataset = load("fiqa")
    train, test = dataset.frame("train"), dataset.frame("test")
    assert (len(train), len(test)) == (954, 219)
    assert train["kind"].value_counts().to_dict() == {"post": 575, "headline": 379}
    assert (train["number"].min(), train["number"].max()) == (-0.854, 0.975)
    assert set(train["group"]).isdisjoint(test["group"])
    rows = splits.split_validation(train, DataRecipe(dataset="fiqa"), dataset=dataset)
    assert set(rows.train["group"]).isdisjoint(rows.validation["group"])


def test_the_test_of_banking77_is_balanced_and_its_overlap_known(load: Callable[[str], Dataset]) -> None:
    dataset = load("banking77")
    train, test = dataset.frame("train"), dataset.frame("test")
    assert set(test["label"].value_counts()) == {40}
    assert (train["label"].value_counts().min(), train["label"].value_counts().max()) == (35, 187)
    overlap = measure_overlap(list(train["text"]), list(test["text"]))
    assert (overlap.exact, overlap.normalised) == (0, 29)


@pytest.mark.parametrize("name", ["clinc150", "clinc150-small", "clinc150-5shot", "clinc150-10shot"])
def test_out_of_scope_queries_are_tables_of_their_own(name: str, load: Callable[[str], Dataset]) -> None:
    dataset = load(name)
    rows = [len(dataset.frame(f"out_of_scope_{part}")) for part in ("train", "validation", "test")]
    assert rows == [100, 100, 1000]
    assert set(dataset.frame("out_of_scope_test")["label"]) == {"out_of_scope"}
    assert "oos" not in set(dataset.frame("train")["label"])


@pytest.mark.parametrize(
    ("name", "shots"), [(f"{name}-{k}shot", k) for name in ("banking77", "hwu64") for k in (5, 10)]
)
def test_few_shot_rows_are_so_many_a_label_and_none_is_in_the_test(
    name: str, shots: int, load: Callable[[str], Dataset]
) -> None:
    dataset = load(name)
    train = dataset.frame("train")
    assert set(train["label"].value_counts()) == {shots}
    for part in ("validation", "test"):
        assert measure_overlap(list(train["text"]), list(dataset.frame(part)["text"])).exact == 0


def test_the_test_of_phrasebank_is_finbert_s(load: Callable[[str], Dataset]) -> None:
    test = load("phrasebank-50agree").frame("test")
    assert test["label"].value_counts().to_dict() == {"neutral": 575, "positive": 267, "negative": 128}


def test_phrasebank_is_whole_and_read_as_latin_1(load: Callable[[str], Dataset]) -> None:
    for name, counts in (
        ("phrasebank-50agree", {"neutral": 2879, "positive": 1363, "negative": 604}),
        ("phrasebank-allagree", {"neutral": 1391, "positive": 570, "negative": 303}),
    ):
        dataset = load(name)
        frames = [dataset.frame(part) for part in ("train", "validation", "test")]
        labels = [label for frame in frames for label in frame["label"]]
        texts = [text for frame in frames for text in frame["text"]]
        assert {label: labels.count(label) for label in counts} == counts
        assert sum("@" in text for text in texts) == 0
        assert any("ä" in text or "é" in text for text in texts)
        # The pattern `.@` of FinBERT's script would have eaten this last sign.
        assert sum(text.endswith(".") for text in texts) > 0.9 * len(texts)


def test_tweets_carry_words_for_labels_and_may_hold_newlines(load: Callable[[str], Dataset]) -> None:
    dataset = load("tfns")
    train, test = dataset.frame("train"), dataset.frame("test")
    assert train["label"].value_counts().to_dict() == {"neutral": 6178, "bullish": 1923, "bearish": 1442}
    assert test["label"].value_counts().to_dict() == {"neutral": 1566, "bullish": 475, "bearish": 347}
    assert train["text"].str.contains("\n").any()
    lines = Path(train.attrs["file"]).read_bytes().count(b"\n")
    assert train["line"].iloc[-1] <= lines
    assert lines > len(train) + 1


@pytest.mark.parametrize(
    ("name", "counts", "core"),
    [
        ("movietweetings-100k", (100_000, 16_554, 10_506), (68_055, 4_333, 2_414)),
        ("ml-latest-small", (100_836, 610, 9_742), (90_274, 610, 3_650)),
    ],
)
def test_interactions_and_their_five_core_are_as_counted(
    name: str, counts: tuple[int, int, int], core: tuple[int, int, int], load: Callable[[str], Dataset]
) -> None:
    dataset = load(name)
    interactions, items = dataset.frame("interactions"), dataset.frame("items")
    assert (len(interactions), interactions["user"].nunique(), len(items)) == counts
    kept = filter_core(interactions, least=5)
    assert (len(kept), kept["user"].nunique(), kept["item"].nunique()) == core
    assert not interactions.duplicated(["user", "item"]).any()
    check_items(interactions, items)
    assert set(interactions["event"]) == {"rating"}


def test_films_keep_their_leading_zeros_and_their_accents(load: Callable[[str], Dataset]) -> None:
    dataset = load("movietweetings-100k")
    items = dataset.frame("items")
    assert set(items["item"].str.len()) == {7}
    assert items.loc[0, "text"] == "Fantômas - À l'ombre de la guillotine (1913). Crime, Drama"
    assert (items["category"] == "").sum() == 66
    interactions = dataset.frame("interactions")
    assert str(interactions["time"].min().date()) == "2013-02-28"
    assert str(interactions["time"].max().date()) == "2013-09-01"
    assert (interactions["user"].value_counts() < 5).sum() == 11_862


def test_ties_of_the_last_moment_go_by_the_number_of_the_film(load: Callable[[str], Dataset]) -> None:
    dataset = load("ml-latest-small")
    interactions = dataset.frame("interactions")
    last = interactions["time"] == interactions.groupby("user")["time"].transform("max")
    assert (interactions[last]["user"].value_counts() > 1).sum() == 94
    held = splits.test_rows(dataset, DataRecipe(dataset="ml-latest-small"))
    assert len(held) == 610
    expected = interactions[last].assign(number=lambda frame: frame["item"].astype(int))
    expected = expected.sort_values("number").groupby("user")["item"].last()
    assert dict(zip(held["user"], held["item"])) == expected.to_dict()
    assert not dataset.frame("items")["text"].str.contains("no genres listed").any()


def test_a_history_ends_with_what_is_held_out(load: Callable[[str], Dataset]) -> None:
    dataset = load("movietweetings-100k")
    ordered = sort_interactions(dataset.frame("interactions")).drop_duplicates("user", keep="last")
    held = splits.test_rows(dataset, DataRecipe(dataset="movietweetings-100k"))
    assert set(zip(held["user"], held["item"])) <= set(zip(ordered["user"], ordered["item"]))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_hash_of_a_table_is_that_of_the_card_or_its_files(name: str, load: Callable[[str], Dataset]) -> None:
    dataset = load(name)
    hashes = {table: dataset.sha256(table) for table in dataset.tables}
    assert all(len(found) == 64 for found in hashes.values())
    card = next(card for card in list_cards() if card.name == name)
    pinned = {file.sha256 for file in card.files.values()} | {
        member for file in card.files.values() for member in file.members.values()
    }
    if not any(table.also or table.labels for table in card.tables.values()):
        assert set(hashes.values()) <= pinned
