from pathlib import Path

import pytest

from trivet.answers.next_item import FIRST_ITEM, UNKNOWN
from trivet.errors import DataError
from trivet.runtime.item_tokens import write_item_tokenizer
from trivet.runtime.tokens import TextTokenizer

ITEMS = ("0012", "Toy Story (1995)", "a|b", "ÀÉ")


def test_items_get_the_ids_of_their_places_whatever_their_names(tmp_path: Path) -> None:
    tokenizer = TextTokenizer(write_item_tokenizer(ITEMS, tmp_path / "tokenizer.json"), 8)
    (found,) = tokenizer.encode(["ÀÉ\nToy Story (1995)\nnever seen\n0012\na|b"])
    assert found.ids.tolist() == [3 + FIRST_ITEM, 1 + FIRST_ITEM, UNKNOWN, FIRST_ITEM, 2 + FIRST_ITEM]


def test_a_long_history_keeps_its_latest_items(tmp_path: Path) -> None:
    tokenizer = TextTokenizer(write_item_tokenizer(ITEMS, tmp_path / "tokenizer.json"), 2)
    (found,) = tokenizer.encode(["a|b\n0012\nÀÉ"])
    assert (found.ids.tolist(), found.tokens, found.truncated) == ([2 + FIRST_ITEM, FIRST_ITEM], 3, True)


@pytest.mark.parametrize("items", [("a", "a"), ("a", "[PAD]")])
def test_names_that_mean_two_things_are_refused(tmp_path: Path, items: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="stands twice or is called"):
        write_item_tokenizer(items, tmp_path / "tokenizer.json")
