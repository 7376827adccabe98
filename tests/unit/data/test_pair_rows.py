"""A reader's own pairs from a path."""

from pathlib import Path

import pytest

from trivet.data import splits
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


def write(folder: Path, *lines: str, name: str = "pairs.csv") -> DataRecipe:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return DataRecipe(dataset=str(path))


def test_a_file_with_anchor_and_positive_is_a_set_of_pairs(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path, "id,anchor,positive,negative", "7,卡丢了,card lost,money"), Settings())
    frame = dataset.frame("train")
    assert dataset.kind == "pairs"
    assert frame.columns.tolist() == ["anchor", "positive", "negative", "line"]
    assert frame.iloc[0].tolist() == ["卡丢了", "card lost", "money", 2]


def test_where_labels_are_wanted_it_is_not_a_set_of_pairs(tmp_path: Path) -> None:
    recipe = write(tmp_path, "anchor,positive,text,label", "a,b,c,d")
    assert open_dataset(recipe.model_copy(update={"target": "label"}), Settings()).kind == "classification"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",card,", "the anchor \\('anchor'\\) is empty"),
        ("card,card,money", "the anchor 'card' is its own positive"),
        ("card,lost,card", "the anchor 'card' is its own negative"),
        ("card,lost,lost", "the positive 'lost' is the negative as well"),
    ],
)
def test_a_bad_pair_is_named_by_line_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    recipe = write(tmp_path, "anchor,positive,negative", "a,b,c", row)
    with pytest.raises(DataError, match=reason) as error:
        open_dataset(recipe, Settings()).frame("train")
    assert ":3" in error.value.line()


def test_the_test_holds_whole_anchors(tmp_path: Path) -> None:
    rows = [f"question {at % 20},answer {at}" for at in range(60)]
    recipe = write(tmp_path, "anchor,positive", *rows)
    dataset = open_dataset(recipe, Settings())
    kept, held = splits.training_rows(dataset, recipe), splits.test_rows(dataset, recipe)
    assert (len(kept), len(held)) == (48, 12)
    assert not set(kept["anchor"]) & set(held["anchor"])
    assert "group" not in kept
