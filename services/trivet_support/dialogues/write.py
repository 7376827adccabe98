"""A folder of rows that `trivet train` takes as a data set: a file a part."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from trivet.encoders.catalogue import find_encoder
from trivet.runtime.tokens import TextTokenizer
from trivet.settings import Settings
from trivet_support.dialogues.example import Dialogues, Example, Part
from trivet_support.dialogues.rows import make_rows, spoil
from trivet_support.history import Reads


@dataclass(frozen=True)
class Spoiling:
    """Which share of the training rows goes without its history, and which with that of another dialogue.

    Set beforehand; a model that never saw a wrong history believes every one.
    """

    dropped: float = 0.15
    wrong: float = 0.15
    seed: int = 0


@dataclass(frozen=True)
class Written:
    """Rows of a part, and those left out because training knows none of their labels."""

    rows: int
    unknown: int


def write_rows(
    dialogues: Dialogues, folder: Path, *, reads: Reads | None, fits: Callable[[str], bool], spoiling: Spoiling
) -> dict[Part, Written]:
    """Writes train, validation and test as JSON lines, the messages behind their history where `reads` says so."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {label for one in dialogues.parts["train"] for label in one.labels}
    written: dict[Part, Written] = {}
    for part, examples in dialogues.parts.items():
        kept: Sequence[Example] = [one for one in examples if set(one.labels) <= known]
        if part == "train" and reads:
            kept = spoil(kept, dropped=spoiling.dropped, wrong=spoiling.wrong, seed=spoiling.seed)
        rows = make_rows(kept, reads=reads, several=dialogues.several, fits=fits)
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        if lines:
            (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        written[part] = Written(len(lines), len(examples) - len(lines))
    return written


def fits_in(encoder: str, max_tokens: int, settings: Settings) -> Callable[[str], bool]:
    """Whether an encoder reads a text to its end.

    Raises:
        EncoderError: it is nowhere, and may not be or could not be fetched.
    """
    source = find_encoder(encoder, settings)
    tokenizer = TextTokenizer(source.path / "tokenizer.json", max_tokens, source.prefix)
    return lambda text: not tokenizer.encode([text])[0].truncated
