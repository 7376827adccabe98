"""Rows that a model learns from: each message with its history in front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trivet_support.dialogues.example import Example
from trivet_support.history import Reads, compose


def make_rows(
    examples: Sequence[Example], *, reads: Reads | None, several: bool, fits: Callable[[str], bool]
) -> Iterator[dict[str, Any]]:
    """A row an example: text, label (or labels), group, and the column that says what is read, where anything is.

    That column holds how many turns stand in front. Without `reads` the text is the message alone.
    """
    for example in examples:
        text, turns = compose(example.text, example.history, reads=reads, fits=fits) if reads else (example.text, 0)
        target = {"labels": list(example.labels)} if several else {"label": example.labels[0]}
        yield {"text": text, **target, "group": example.group, **({reads.column: str(turns)} if reads else {})}


def spoil(examples: Sequence[Example], *, dropped: float, wrong: float, seed: int) -> list[Example]:
    """The examples, a share of them without their history and a share with that of another dialogue.

    A model that learns from these leans on a history only where it bears on the message.
    """
    rng = np.random.default_rng(seed)
    draws, others = rng.random(len(examples)), rng.permutation(len(examples))
    spoilt = []
    for example, draw, other in zip(examples, draws, others, strict=True):
        if draw < dropped:
            example = replace(example, history=())
        elif draw < dropped + wrong:
            example = replace(example, history=examples[other].history)
        spoilt.append(example)
    return spoilt
