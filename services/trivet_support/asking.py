"""Asking back: which of two close intents is meant, once, and what the customer then chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trivet_support.clarification import ask_about, find_pick
from trivet_support.phrases import phrase
from trivet_support.schemas import Clarify, Intent, Option, Parsed, Wanted

if TYPE_CHECKING:
    from trivet_service.model import Model
    from trivet_support.dialogue import Memory
    from trivet_support.turn import Turn

# A question offers so many.
OPTIONS = 2


def take_pick(model: Model, turn: Turn, memory: Memory) -> Parsed | None:
    """What a message wants that chooses among what was asked before it; None where it chooses nothing.

    The model is not asked: the customer has said it, so the confidence is 1.
    """
    asked = memory.last.made.get("options", []) if memory.last else []
    picked = find_pick(turn.text, ask_about(asked)) if asked else None
    if picked is None or (turn.allowed and picked not in turn.allowed):
        return None
    [encoded] = model.artifact.tokenizer.encode([turn.text])
    intent = Intent(name=picked, confidence=1.0)
    return Parsed(
        intent=intent,
        intents=[Wanted(**dict(intent))],
        ranking=[intent],
        decision="answer",
        out_of_scope=None,
        promise=None,
        picked_from=list(asked),
        language=turn.language,
        truncated=encoded.truncated,
        tokens=encoded.tokens,
    )


def ask_back(parsed: Parsed, turn: Turn, memory: Memory) -> Parsed:
    """The answer with a question in it where its decision is to ask; a person's turn where it was asked before."""
    if parsed.decision != "clarify":
        return parsed
    if was_asked(memory):
        return parsed.model_copy(update={"decision": "hand_over"})
    language = parsed.language or turn.language
    options = [
        Option(intent=one.intent, label=one.label) for one in ask_about([one.name for one in parsed.ranking[:OPTIONS]])
    ]
    return parsed.model_copy(update={"clarify": Clarify(question=phrase("clarify", language), options=options)})


def was_asked(memory: Memory) -> bool:
    """Whether the message before was answered by a question."""
    return memory.last is not None and bool(memory.last.made.get("options"))
