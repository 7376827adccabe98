"""Requests and answers of the support service."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from trivet_service.batches import Failed
from trivet_service.limits import Text
from trivet_service.provenance import EXAMPLE, Provenance
from trivet_support.decision import Decision
from trivet_support.entities.entity import Entity
from trivet_support.handover_schemas import HandOver
from trivet_support.rules.fired import Fired
from trivet_support.turn import Speaker

PARSED: dict[str, Any] = {
    "intent": {"name": "card_arrival", "confidence": 0.94},
    "intents": [{"name": "card_arrival", "confidence": 0.94}],
    "ranking": [{"name": "card_arrival", "confidence": 0.94}, {"name": "card_delivery_time", "confidence": 0.03}],
    "decision": "answer",
    "operating_point": {
        "name": "default", "threshold": 0.62, "promised_precision": 0.95, "expected_coverage": 0.91,
        "measured_on": "training", "rows": 10003,
    },
    "out_of_scope": {"score": 0.21, "threshold": 0.48, "is_out_of_scope": False, "kind": None},
    "promise": {"risk": 0.05, "confidence": 0.95, "coverage": 0.91, "held": True},
    "entities": [
        {
            "entity": "order", "value": "8812", "text": "8812", "start": 6, "end": 10, "confidence": 1.0,
            "extractor": "pattern",
        }
    ],
    "language": "en",
    "truncated": False,
    "tokens": 6,
}  # fmt: skip

# What a message may be that belongs to no intent.
Kind = Literal["near", "foreign", "small_talk", "unreadable"]
# What the figures of an operating point rest on.
MeasuredOn = Literal["training", "data_set", "calibration"]


# More than a model reads, so that a client may send a dialogue as it has it.
MAX_HISTORY = 500

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class Options(BaseModel):
    """What both ways of asking have in common."""

    model_config = ConfigDict(extra="forbid")

    top: int = Field(5, ge=1, le=100, description="Intents in the ranking.")
    allowed_intents: list[str] | None = Field(
        None, min_length=1, max_length=1000, description="Only these are possible at this point of the dialogue."
    )
    several: bool = Field(
        default=False,
        description="Read a message clause by clause as well, and tell every intent that is answered for itself.",
    )
    operating_point: str | None = Field(
        None, min_length=1, max_length=64, description="Which declared point decides; null: `default`."
    )
    language: str = Field(
        "auto",
        pattern="^(auto|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$",
        description="Language of the message where it is known, such as en or zh-CN.",
    )
    entities: list[str] | None = Field(
        None,
        max_length=100,
        description="Only these: names of declared entities, or built-in kinds (number, money, date, email, phone); "
        "null: all that are declared.",
    )
    reference_time: datetime | None = Field(
        None, description="When the message was written, for dates such as tomorrow; null: now, in UTC."
    )


class SaidIn(BaseModel):
    """Something said earlier in the dialogue."""

    model_config = ConfigDict(extra="forbid")

    role: Speaker
    text: Text


class ParseRequest(Options):
    """One message."""

    text: Text
    history: list[SaidIn] = Field(
        default_factory=list,
        max_length=MAX_HISTORY,
        description="What was said before it, oldest first; without it, what is remembered of the session.",
    )
    session_id: Name | None = Field(
        None, description="Names the dialogue: its earlier messages are read, and this one is remembered, redacted."
    )
    message_id: Name | None = Field(
        None, description="Your name for the message; one that is sent again is remembered once."
    )
    explain: bool = Field(
        default=False, description="Tell as well whether the history changed the intent, where the model reads it."
    )


class ParseBatch(Options):
    """Many messages."""

    texts: list[Text] = Field(min_length=1)


class Intent(BaseModel):
    """An intent and the calibrated probability that it is the right one."""

    name: str
    confidence: float


class Wanted(Intent):
    """An intent that is answered, and the clause of the message that wants it, where it is one of several."""

    start: int | None = Field(None, exclude_if=lambda at: at is None)
    end: int | None = Field(None, exclude_if=lambda at: at is None)


class OutOfScope(BaseModel):
    """How foreign the message is: above the threshold it belongs to no intent.

    `kind` says of what belongs to none: `near` the domain, `foreign` to it, `small_talk`, or `unreadable`.
    """

    score: float = Field(description="1 where the words alone tell it and the model measures nothing.")
    threshold: float | None
    is_out_of_scope: bool = False
    kind: Kind | None = None


class OperatingPoint(BaseModel):
    """How sure an answer has to be, and what came of that where it was measured.

    `measured_on` is `training`: rows that training held out; `data_set`: rows that the tenant named; `calibration`:
    nothing was measured, the figures are what calibrated chances let expect, and nothing is promised.
    """

    name: str
    threshold: float = Field(description="Least confidence of an answer.")
    promised_precision: float | None = Field(description="Share of right answers, at least; null: none is promised.")
    expected_coverage: float | None = Field(description="Share of messages that are answered, where it is known.")
    measured_on: MeasuredOn
    rows: int | None = Field(None, description="Rows that it was measured on.")


class Promise(BaseModel):
    """At most `risk` of what is answered is wrong, with this `confidence`; `coverage` of messages is answered.

    `held` false: the data were too few to promise it, and nothing is answered without a person.
    """

    risk: float
    confidence: float
    coverage: float
    held: bool


class ContextUsed(BaseModel):
    """How many earlier turns the model read, and whether the intent would be another one without them."""

    turns: int
    changed_top1: bool | None = Field(None, description="Null where `explain` did not ask for it.")


class Option(BaseModel):
    """An intent that is asked about, and what a customer reads of it."""

    intent: str
    label: str


class Clarify(BaseModel):
    """A question back; the next message of the session chooses by place, words or the intent's name."""

    question: str
    options: list[Option]


class Parsed(BaseModel):
    """What the model makes of a message, and what to do with it."""

    intent: Intent
    intents: list[Wanted] = Field(
        default_factory=list,
        description="Those that are answered, in the order of the message.",
    )
    ranking: list[Intent]
    decision: Decision = Field(
        description="`answer` it; `clarify`: ask which of the first two is meant; `hand_over` to a person; or it is "
        "`out_of_scope`."
    )
    out_of_scope: OutOfScope | None
    promise: Promise | None = Field(description="Null where none was made, as with `allowed_intents`.")
    operating_point: OperatingPoint | None = None
    entities: list[Entity] = Field(default_factory=list, description="What the message names, in its order.")
    context_used: ContextUsed | None = Field(
        None,
        exclude_if=lambda used: used is None,
        description="Where the model was taught to read what was said before.",
    )
    clarify: Clarify | None = Field(
        None, exclude_if=lambda asked: asked is None, description="What to ask where the decision is to."
    )
    picked_from: list[str] | None = Field(
        None,
        exclude_if=lambda options: options is None,
        description="The intents that were asked about before, where this message chose one of them.",
    )
    handover: HandOver | None = Field(
        None, exclude_if=lambda told: told is None, description="The dialogue in short, where a session is handed over."
    )
    language: str = Field("", description="`en`, `zh`, `other`, or what the request said; empty: not known.")
    rules: list[Fired] = Field(default_factory=list, description="Business rules that decided, in their order.")
    truncated: bool = Field(description="Whether the message was longer than the model reads.")
    tokens: int = Field(description="Length of the whole message in tokens.")
    conformal_set: list[str] | None = Field(
        None,
        exclude_if=lambda found: found is None,
        description="The set of intents, likeliest first, where the model promises how often it holds the right one.",
    )

    @property
    def promised_risk(self) -> float | None:
        """The share of answers like this one that are wrong at most; None: nothing is promised of it."""
        return round(self.promise.risk, 6) if self.promise is not None and self.promise.held else None

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

    model_config = ConfigDict(json_schema_extra={"examples": [PARSED | EXAMPLE]})


class ParseAnswers(Provenance):
    """The answers to many messages, in order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [PARSED], **EXAMPLE}]})

    items: list[Parsed | Failed]
