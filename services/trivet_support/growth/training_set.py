"""The data set that a tenant's model learns from: examples, corrections, and the rows of the model so far."""

from __future__ import annotations

import csv
import hashlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.data.cards import read_card
from trivet.errors import DataError, InputError
from trivet_service.datasets.shelf import DataSet, Shelf, TableFile
from trivet_service.storage.database import Database
from trivet_service.tenants import DEFAULT
from trivet_support.growth.intent import hash_text
from trivet_support.growth.intent_store import IntentStore
from trivet_support.growth.trainings import note_training

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.settings import Settings

# Names of the sets: a tenant's own rows, and those with the rows of the model so far.
OWN, WHOLE = "intents", "intents-with-base"
Row = tuple[str, str]


def gather_own(
    database: Database, shelf: Shelf, tenant: str, *, corrections: Sequence[Row], known: Sequence[str]
) -> tuple[DataSet, int, int]:
    """A tenant's rows of this moment as a data set, how many there are, and of which revision.

    `known` are labels that a base brings. A corrected message that is an example of another intent counts as the
    example says.

    Raises:
        InputError: there is no row, or an intent has none.
    """
    store = IntentStore(database, tenant)
    # The revision first: what comes meanwhile is new to the model, at worst twice.
    revision = store.revision()
    examples = store.examples()
    rows = [(one.text, one.intent) for one in examples]
    taken = {hash_text(text) for text, _ in rows}
    intents = [one.name for one in store.all()]
    names = {*intents, *known}
    rows += [(text, label) for text, label in corrections if label in names and hash_text(text) not in taken]
    counts = Counter(label for _, label in rows)
    lacking = [name for name in intents if name not in known and not counts[name]]
    if lacking:
        names_of = ", ".join(repr(name) for name in lacking[:5])
        raise InputError(
            f"{len(lacking)} of your intents have no examples: {names_of}.",
            where="",
            todo="Give them examples, or take them away.",
        )
    if not rows:
        raise InputError("you have no examples to learn from.", where="", todo="Put an intent with examples first.")
    found = put_table(shelf, OWN, {"train": rows})
    note_training(database, tenant, found.version, revision)
    return found, len(rows), revision


def is_open_to(artifact: Artifact, tenant: str, shelf: Shelf) -> bool:
    """Whether a tenant may learn from a model's rows: a public set, one of its own, or all that the default tenant has.

    What an operator trained everybody's model on is not for a tenant to read out of a model of its own.
    """
    name = artifact.recipe.data.dataset
    if tenant == DEFAULT:
        return True
    try:
        read_card(name)
    except DataError:
        parts = Path(name).parts
        return _is_version(parts) and Path(name) == shelf.folder(parts[-3], parts[-2])
    return True


def merge_base(
    artifact: Artifact, own: Sequence[Row], shelf: Shelf, settings: Settings
) -> tuple[DataSet, Mapping[str, int]]:
    """The tenant's rows and those of the model so far as a data set, and how many rows each table has.

    A text that stands in both has the label that the tenant gave. The test is that of the model, so that a candidate
    is compared with it on rows that neither has learnt.

    Raises:
        DataError: the model's data set is gone, or holds a bad row.
    """
    from trivet.data.sources import open_dataset
    from trivet.data.splits import test_rows, training_rows

    recipe = artifact.recipe.data
    dataset = open_dataset(recipe, settings)
    base, test = (
        list(zip(found["text"], found["label"], strict=True))
        for found in (training_rows(dataset, recipe), test_rows(dataset, recipe))
    )
    mine = {hash_text(text) for text, _ in own}
    held = {hash_text(text) for text, _ in test}
    train = [row for row in base if hash_text(row[0]) not in mine]
    train += [row for row in own if hash_text(row[0]) not in held]
    found = put_table(shelf, WHOLE, {"train": train, "test": test})
    return found, {"base": len(base), "own": len(own), "train": len(train), "test": len(test)}


def read_own(shelf: Shelf, version: str) -> list[Row]:
    """The rows of a version of the tenant's own set."""
    with (shelf.folder(OWN, version) / "train.csv").open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def put_table(shelf: Shelf, name: str, tables: Mapping[str, Sequence[Row]]) -> DataSet:
    """Rows as tables of a set, which becomes the version that counts."""
    found = None
    for table, rows in tables.items():
        draft = shelf.draft("csv")
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("text", "label"))
                writer.writerows(rows)
            content = draft.read_bytes()
            entry = TableFile("csv", hashlib.sha256(content).hexdigest(), len(content), len(rows), time.time())
            found = shelf.put(name, table, draft, entry, {"text": "text", "label": "label"})
        finally:
            draft.unlink(missing_ok=True)
    assert found is not None, "there is a table at least"
    return found


def _is_version(parts: Sequence[str]) -> bool:
    return len(parts) > 2 and len(parts[-2]) == 16 and all(letter in "0123456789abcdef" for letter in parts[-2])
