"""Request and answer of `/v1/explain`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_service.limits import ShortText
from trivet_service.provenance import EXAMPLE, Provenance
from trivet_support.decision import Decision
from trivet_support.examples import State
from trivet_support.schemas import Intent

MAX_EXAMPLES = 50

_EXPLAINED: dict[str, Any] = {
    "intent": {"name": "card_arrival", "confidence": 0.94},
    "decision": "answer",
    "words": [
        {"start": 0, "end": 4, "text": "card", "weight": 0.61},
        {"start": 5, "end": 10, "text": "still", "weight": 0.12},
        {"start": 11, "end": 14, "text": "not", "weight": 0.02},
        {"start": 15, "end": 19, "text": "here", "weight": 0.08},
    ],
    "examples": [{"text": "my card is still not here", "intent": "card_arrival", "line": 14, "distance": 0.08}],
    "examples_state": "ready",
    "rows": 8,
    "truncated": False,
    "tokens": 6,
}


class ExplainRequest(BaseModel):
    """One message, and how many training examples to show."""

    model_config = ConfigDict(extra="forbid")

    text: ShortText
    k: int = Field(5, ge=0, le=MAX_EXAMPLES, description="Training examples; 0: none are looked for.")


class Word(BaseModel):
    """A word at characters `start` to `end` (without) of the message."""

    start: int
    end: int
    text: str
    weight: float = Field(description="How far the probability of the intent falls without it; below 0: it rises.")


class Example(BaseModel):
    """A message that the model learnt from."""

    text: str
    intent: str
    line: int = Field(description="Where it stands in the file of training rows.")
    distance: float = Field(description="Cosine distance to the message: 0 is the same, at most 2.")


class ExplainAnswer(Provenance):
    """Why a message got its intent."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXPLAINED | EXAMPLE]})

    intent: Intent
    decision: Decision
    words: list[Word] = Field(description="The words that the model read, in order.")
    examples: list[Example] = Field(description="The most similar messages that the model learnt from, nearest first.")
    examples_state: State = Field(
        description="`ready`; `changed`: the data set is not the one that the model learnt from any more; `preparing`: "
        "ask again in a while; `missing`: the data set is not on this machine; `not_asked`: `k` was 0."
    )
    rows: int = Field(description="What it cost: rows of the graph.")
    truncated: bool = Field(description="Whether the message was longer than the model reads.")
    tokens: int = Field(description="Length of the whole message in tokens.")
