"""A message as the model that answers it reads it: behind the history, where that is what it was taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet.errors import InputError
from trivet_support.history import Reads, compose, read_column
from trivet_support.schemas import ContextUsed

if TYPE_CHECKING:
    from trivet_service.model import Model
    from trivet_support.turn import Said, Turn

# As many intents as any model knows.
_ALL = 100_000


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
    """How much of the history was read, and, where the turn asks, whether its text alone has another intent.

    The latter costs one more row of the graph. Raises as `Model.run`.
    """
    if composed.reads is None:
        return None
    changed: bool | None = None
    if turn.explain:
        changed = False
        if composed.turns:
            encoded = model.artifact.encode([turn.text])
            alone = model.artifact.answering.classify(await model.run(encoded), encoded, top=_ALL)[0].ranking
            changed = next(name for name, _ in alone if not turn.allowed or name in turn.allowed) != label
    return ContextUsed(turns=composed.turns, changed_top1=changed)
