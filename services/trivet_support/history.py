"""What was said before a message, put in front of it: the same string in training and in serving."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet.data.context import join_context
from trivet.errors import InputError
from trivet_support.schemas import ContextUsed
from trivet_support.turn import Said

if TYPE_CHECKING:
    from trivet_service.model import Model
    from trivet_support.turn import Turn

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


@dataclass(frozen=True)
class Composed:
    """What a model is asked; `turns` of the history stand in front. `reads` None: it was taught to read none."""

    text: str
    turns: int
    reads: Reads | None


def read_history(model: Model, turn: Turn, remembered: Sequence[Said]) -> Composed:
    """A message as the model reads it: behind its own history, else behind what is remembered of the dialogue.

    Raises:
        InputError: the message itself holds no word; `where` is /text.
    """
    reads = read_column(model.artifact.recipe.data.columns.context)
    if reads is None:
        return Composed(turn.text, 0, None)
    tokenizer = model.artifact.tokenizer
    if tokenizer.encode([turn.text])[0].tokens <= tokenizer.bare:
        raise InputError("the text has no words that the encoder knows.", where="/text")
    history = turn.history or remembered
    text, turns = compose(turn.text, history, reads=reads, fits=lambda one: not tokenizer.encode([one])[0].truncated)
    return Composed(text, turns, reads)


async def tell_context(model: Model, turn: Turn, composed: Composed, label: str) -> ContextUsed | None:
    """How much of the history was read, and, where the turn asks, whether the answer is another one without it.

    The latter costs one more row of the graph. Raises as `Model.run`.
    """
    if composed.reads is None:
        return None
    changed: bool | None = None
    if turn.explain:
        changed = False
        if composed.turns:
            encoded = model.artifact.encode([turn.text])
            [alone] = model.artifact.answering.classify(await model.run(encoded), encoded, top=1)
            changed = alone.label != label
    return ContextUsed(turns=composed.turns, changed_top1=changed)
