"""The public sets of dialogues by name: their cards, and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from trivet.data.cards import read_card
from trivet.data.place import ensure_place
from trivet.settings import Settings
from trivet_support.dialogues.crosswoz import read_crosswoz
from trivet_support.dialogues.example import Dialogues
from trivet_support.dialogues.multidogo import read_multidogo
from trivet_support.dialogues.sgd import read_sgd
from trivet_support.dialogues.star import read_star

CARDS = Path(__file__).parent / "cards"
DOMAINS = ("airline", "fastfood", "finance", "insurance", "media", "software")

READERS: Mapping[str, Callable[[Callable[[str], bytes]], Dialogues]] = {
    "crosswoz": read_crosswoz,
    "sgd-banks": read_sgd,
    "star-tasks": read_star,
    **{f"multidogo-{domain}": partial(read_multidogo, domain=domain) for domain in DOMAINS},
}


def open_set(name: str, settings: Settings) -> Dialogues:
    """The dialogues of a public set; its files are fetched now where this machine lacks them.

    Raises:
        DataError: there is no such set (with the closest names), or a file is nowhere or damaged.
    """
    card = read_card(name, folder=CARDS)

    def read(path: str) -> bytes:
        return ensure_place(card, path, settings).read(card.files[path])

    return READERS[name](read)
