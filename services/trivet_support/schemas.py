"""Requests and answers of the support service."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trivet_service.batches import Failed
from trivet_service.limits import Text
from trivet_service.provenance import EXAMPLE, Provenance
from trivet_support.decision import Decision

_PARSED: dict[str, Any] = {
    "intent": {"name": "card_arrival", "confidence": 0.94},
    "ranking": [{"name": "card_arrival", "confidence": 0.94}, {"name": "card_delivery_time", "confidence": 0.03}],
    "decision": "answer",
    "out_of_scope": {"score": 0.21, "threshold": 0.48},
    "promise": {"risk": 0.05, "confidence": 0.95, "coverage": 0.91, "held": True},
    "truncated": False,
    "tokens": 6,
}


class Options(BaseModel):
    """What both ways of asking have in common."""

    model_config = ConfigDict(extra="forbid")

    top: int = Field(5, ge=1, le=100, description="Intents in the ranking.")
    allowed_intents: list[str] | None = Field(
        None, min_length=1, max_length=1000, description="Only these are possible at this point of the dialogue."
    )


class ParseRequest(Options):
    """One message."""

    text: Text


class ParseBatch(Options):
    """Many messages."""

    texts: list[Text] = Field(min_length=1)


class Intent(BaseModel):
    """An intent and the calibrated probability that it is the right one."""

    name: str
    confidence: float


class OutOfScope(BaseModel):
    """How foreign the message is: above the threshold it belongs to no intent."""

    score: float
    threshold: float | None


class Promise(BaseModel):
    """At most `risk` of what is answered is wrong, with this `confidence`; `coverage` of messages is answered.

    `held` false: the data were too few to promise it, and nothing is answered without a person.
    """

    risk: float
    confidence: float
    coverage: float
    held: bool


class Parsed(BaseModel):
    """What the model makes of a message, and what to do with it."""

    intent: Intent
    ranking: list[Intent]
    decision: Decision = Field(
        description="`answer` it; `clarify`: ask which of the first two is meant; `hand_over` to a person; or it is "
        "`out_of_scope`."
    )
    out_of_scope: OutOfScope | None
    promise: Promise | None = Field(description="Null where none was made, as with `allowed_intents`.")
    truncated: bool = Field(description="Whether the message was longer than the model reads.")
    tokens: int = Field(description="Length of the whole message in tokens.")
    conformal_set: list[str] | None = Field(
        None,
        exclude_if=lambda found: found is None,
        description="The set of intents, likeliest first, where the model promises how often it holds the right one.",
    )

    @property
    def label(self) -> str:
        """The intent, as every answer of the kit calls it."""
        return self.intent.name

    @property
    def confidence(self) -> float:
        """The probability of the intent."""
        return self.intent.confidence


class ParseAnswer(Provenance, Parsed):
    """The answer to one message."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARSED | EXAMPLE]})


class ParseAnswers(Provenance):
    """The answers to many messages, in order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_PARSED], **EXAMPLE}]})

    items: list[Parsed | Failed]
