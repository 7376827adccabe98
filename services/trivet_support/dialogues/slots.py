"""MultiDoGO's slots: what customers tell in their turns, as spans of characters.

The files give one label a word, words being parted by blanks; neighbours of one label are one span, as the files do not
say where one ends and the next begins. A turn whose words and labels are not as many is left out: 0.0 to 2 % of them,
fastfood most; `Written` counts them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivet.data.cards import read_card
from trivet.data.place import ensure_place
from trivet.settings import Settings

CARDS = Path(__file__).parent / "cards"
NOTHING = "O"
_FILES = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Written:
    """How many turns of a part were written, and how many left out because words and labels did not fit."""

    rows: int
    skipped: int


def write_slots(domain: str, folder: Path, settings: Settings, *, turns: int = 0) -> dict[str, Written]:
    """Writes train, validation and test of a domain as JSON lines with spans; with the last `turns` as their context.

    Raises:
        DataError: a file is nowhere or damaged.
    """
    card = read_card(f"multidogo-{domain}", folder=CARDS)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for part, name in _FILES.items():
        path = f"{domain}/{name}"
        content = ensure_place(card, path, settings).read(card.files[path])
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter="\t"))
        made = list(read_rows(rows, turns=turns))
        lines = (json.dumps(row, ensure_ascii=False) for row in made)
        (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        worded = sum(bool(row["utterance"].strip()) for row in rows)
        written[part] = Written(len(made), worded - len(made))
    return written


def read_rows(rows: Sequence[dict[str, str]], *, turns: int) -> Iterator[dict[str, Any]]:
    """Text, spans and, with `turns`, context of every turn that has words and as many labels."""
    said: list[str] = []
    group = ""
    for row in rows:
        if row["conversationId"] != group:
            group, said = row["conversationId"], []
        text = row["utterance"]
        if not text.strip():
            continue
        spans = read_spans(text, row["slot-labels"].split())
        if spans is not None:
            context = "\n".join(said[-turns:]) if turns else ""
            yield {"text": text, "spans": spans} | ({"context": context} if turns else {})
        said.append(text)


def read_spans(text: str, labels: Sequence[str]) -> list[dict[str, Any]] | None:
    """The spans of a text with a label a word; None: they are not as many."""
    words = list(_WORD.finditer(text))
    if len(words) != len(labels):
        return None
    spans: list[dict[str, Any]] = []
    before = NOTHING
    for word, label in zip(words, labels, strict=True):
        if label == before != NOTHING:
            spans[-1]["end"] = word.end()
        elif label != NOTHING:
            spans.append({"start": word.start(), "end": word.end(), "label": label})
        before = label
    return spans


def hash_slots(domain: str) -> str:
    """sha256 over those of the domain's files, as the card tells them."""
    card = read_card(f"multidogo-{domain}", folder=CARDS)
    told = "".join(card.files[f"{domain}/{name}"].sha256 for name in _FILES.values())
    return hashlib.sha256(told.encode()).hexdigest()
