"""A vocabulary of items: a history is a text with an item a line, an item is a token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trivet.answers.next_item import FIRST_ITEM, UNKNOWN
from trivet.errors import DataError

SPECIAL = ("[PAD]", "[UNK]")


def write_item_tokenizer(items: Sequence[str], path: Path) -> Path:
    """Writes a `tokenizer.json` that `TextTokenizer` reads; item number n of the catalogue gets the id FIRST_ITEM + n.

    What is not in the catalogue is unknown. No name holds a line break.

    Raises:
        DataError: two items have one name, or one has that of a special token.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers

    assert len(SPECIAL) == FIRST_ITEM, "items follow the special tokens"
    vocabulary = {name: at for at, name in enumerate((*SPECIAL, *items))}
    if len(vocabulary) < len(items) + FIRST_ITEM:
        raise DataError(f"an item stands twice or is called {' or '.join(SPECIAL)}.", where="items", todo="Rename it.")
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=SPECIAL[UNKNOWN]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\n", behavior="removed")
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
    return path
