"""Bitext's questions and responses, split by the template that each question was made from."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from trivet.data.cards import read_card
from trivet.data.place import ensure_place
from trivet.settings import Settings
from trivet_support.bitext.templates import find_templates

SET = "bitext"
# Share of each intent's questions that is tested, as near as whole templates come.
_TESTED = 0.2


@dataclass(frozen=True)
class Row:
    """A question with its intent, the entity that it names (both empty where none), and a response."""

    question: str
    intent: str
    entity: str
    value: str
    response: str


def read_rows(settings: Settings) -> list[Row]:
    """Every row of the set, as it stands in its file.

    Raises:
        DataError: the file is nowhere or damaged.
    """
    card = read_card(SET)
    [path] = card.files
    content = ensure_place(card, path, settings).read(card.files[path]).decode()
    return [
        Row(row["instruction"], row["intent"], row["entity_type"], row["entity_value"], row["response"])
        for row in csv.DictReader(io.StringIO(content, newline=""))
    ]


def split_rows(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows to learn from and rows to test: no template of an intent in both.

    Of each intent whole templates are tested, in an order that their hashes give, until a fifth of its rows is.
    """
    templates = find_templates([(row.question, row.intent, row.entity, row.value) for row in rows])
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for at, (row, template) in enumerate(zip(rows, templates, strict=True)):
        groups[row.intent][template].append(at)
    tested: set[int] = set()
    for found in groups.values():
        wanted, taken = _TESTED * sum(map(len, found.values())), 0
        for template in sorted(found, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
            if taken >= wanted:
                break
            tested.update(found[template])
            taken += len(found[template])
    train = [row for at, row in enumerate(rows) if at not in tested]
    return train, [row for at, row in enumerate(rows) if at in tested]


def hash_set() -> str:
    """sha256 of the set's file, as its card tells it."""
    [file] = read_card(SET).files.values()
    return file.sha256
