"""The samples written for this project: named sets as any other, and the files beside them that only demos read."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from trivet.data.cards import cards_folder, read_card
from trivet.errors import DataError

SAMPLES = ("sample-bank", "sample-shop", "sample-insurer", "sample-clinic", "sample-finance", "sample-recommend")


@dataclass(frozen=True)
class Turn:
    """One message of a dialogue; `intent` is empty for the agent's."""

    speaker: str
    text: str
    intent: str = ""


@dataclass(frozen=True)
class Dialogue:
    """A conversation of several turns."""

    id: str
    turns: tuple[Turn, ...]


def sample_file(name: str, file: str) -> Path:
    """Where a file of a sample lies, for example `sample_file("sample-finance", "prices.csv")`.

    Raises:
        DataError: the set is no sample, or has no such file; names those it has.
    """
    card = read_card(name)
    folder = cards_folder() / card.package
    path = folder / file
    if not card.package:
        raise DataError("is no sample of this project.", where=name, todo=f"Samples are {', '.join(SAMPLES)}.")
    if path.parent != folder or not path.is_file():
        held = ", ".join(sorted(entry.name for entry in folder.iterdir()))
        raise DataError(f"has no file {file!r}, only {held}.", where=name, todo="Choose one of those.")
    return path


def read_sample_rows(name: str, file: str) -> list[dict[str, str]]:
    """The rows of a CSV file of a sample (companies, entities, prices), as text by column.

    Raises:
        DataError: as `sample_file`.
    """
    with sample_file(name, file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def read_dialogues(name: str) -> tuple[Dialogue, ...]:
    """The dialogues of a support sample, in file order.

    Raises:
        DataError: as `sample_file`.
    """
    lines = sample_file(name, "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_dialogue(json.loads(line)) for line in lines if line.strip())


def _dialogue(row: dict[str, object]) -> Dialogue:
    turns = row["turns"]
    assert isinstance(turns, list), "the samples are checked by a test"
    return Dialogue(str(row["id"]), tuple(Turn(**turn) for turn in turns))
