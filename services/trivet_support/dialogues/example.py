"""A message with its labels and what was said before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trivet_support.turn import Said

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Example:
    """One message to learn from or to judge on; `history` is all that was said before it, oldest first.

    `labels` is one intent, or of sets of several labels a text any number. `group` names the dialogue: its rows never
    stand on both sides of a split, and are judged together.
    """

    text: str
    labels: tuple[str, ...]
    history: tuple[Said, ...]
    group: str


@dataclass(frozen=True)
class Dialogues:
    """The examples of a set by part. `several`: a text has any number of labels; `bot`: the bot's turns are there."""

    parts: Mapping[Part, tuple[Example, ...]]
    several: bool
    bot: bool
