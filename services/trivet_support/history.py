"""What was said before a message, put in front of it: the same string in training and in serving."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trivet.data.context import join_context
from trivet_support.turn import Said

# A long turn says what it is about early; the rest of it would push out the turns beside it.
LONGEST = 200

_COLUMN = re.compile(r"last_([1-9][0-9]?)_(user_)?turns")


@dataclass(frozen=True)
class Reads:
    """What a model was taught to read before a message: the last `turns` of the dialogue, the bot's among them or not.

    It travels with the model as the name of the column that its rows had: `last_3_turns`, `last_3_user_turns`.
    """

    turns: int
    bot: bool

    @property
    def column(self) -> str:
        """The column of a rows file that says so."""
        return f"last_{self.turns}_{'' if self.bot else 'user_'}turns"


def read_column(name: str) -> Reads | None:
    """What a column (`data.columns.context` of a recipe) says is read; None: it is none of ours."""
    found = _COLUMN.fullmatch(name)
    return None if found is None else Reads(int(found[1]), bot=found[2] is None)


def compose(text: str, history: Sequence[Said], *, reads: Reads, fits: Callable[[str], bool]) -> tuple[str, int]:
    """A message behind as many of the last turns as fit, and how many those are; without any the message alone.

    A transcript whose last line is the message: `user: where is my order`, `bot: It is on its way.`, `user: ` and the
    message. Encoders cut the end of what is too long, so the oldest turns go first and the message stays whole.
    """
    said = [one for one in history if one.text.strip() and (reads.bot or one.role == "user")]
    for first in range(max(0, len(said) - reads.turns), len(said)):
        joined = join_context("\n".join([*map(_line, said[first:]), "user:"]), text)
        if fits(joined):
            return joined, len(said) - first
    return text, 0


def _line(said: Said) -> str:
    return f"{said.role}: {' '.join(said.text.split())[:LONGEST]}"
