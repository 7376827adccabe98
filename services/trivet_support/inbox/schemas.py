"""Requests and answers of the inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from trivet_service.moments import moment
from trivet_service.paging import Page
from trivet_support.growth.schemas import CHANGED, Description, IntentChanged, Name
from trivet_support.inbox.cluster import Cluster
from trivet_support.inbox.message import Message, Reason

Strategy: TypeAlias = Literal["uncertain", "corrected", "new_cluster"]

Ids = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(min_length=1, max_length=500)
]
_ID = "5f0c9d2ab7e14c3f8a61"
_MESSAGE: dict[str, Any] = {
    "id": _ID,
    "text": "please freeze my card for a week",
    "reason": "uncertain",
    "intent": "card_arrival",
    "confidence": 0.41,
    "decision": "clarify",
    "corrected": None,
    "times": 3,
    "first_at": "2026-11-24T12:00:00Z",
    "last_at": "2026-11-24T12:30:00Z",
    "cluster": {"number": 0, "size": 7, "suggested_name": "freeze_card"},
}


class ClusterShown(BaseModel):
    """The group that a message belongs to; `suggested_name` are words that tell it apart."""

    number: int = Field(description="Of this answer alone: 0 is the largest.")
    size: int
    suggested_name: str = Field(examples=["freeze_card"])


class MessageShown(BaseModel):
    """A message with what was answered to it last."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MESSAGE]})

    id: str
    text: str = Field(description="Redacted.")
    reason: Reason
    intent: str
    confidence: float | None
    decision: str
    corrected: str | None = Field(description="What somebody said would have been right.")
    times: int = Field(description="How often it came, letters and digits alone.")
    first_at: datetime
    last_at: datetime
    cluster: ClusterShown | None = None


class InboxPage(Page[MessageShown]):
    """Some of the messages.

    `keeps_texts` false: this server keeps no texts (`TRIVET_PREDICTION_TEXTS`), so none come in.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_MESSAGE], "next_cursor": None, "keeps_texts": True}]}
    )

    keeps_texts: bool


class NewIntent(BaseModel):
    """An intent that is made on the way."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Description = ""


class LabelOne(BaseModel):
    """What a message wants: an intent that there is, or a new one."""

    model_config = ConfigDict(extra="forbid")

    intent: Name | None = None
    new_intent: NewIntent | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> LabelOne:
        if (self.intent is None) == (self.new_intent is None):
            raise ValueError("give either intent or new_intent")
        return self


class LabelMany(LabelOne):
    """What several messages want, such as those of a cluster."""

    ids: Ids


class DiscardMany(BaseModel):
    """Messages that nobody needs to look at."""

    model_config = ConfigDict(extra="forbid")

    ids: Ids


class Labelled(IntentChanged):
    """What came of it: the messages are examples now, and the next like them is answered so."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHANGED | {"intent": "card_freeze", "labelled": 2}]})

    intent: str
    labelled: int


class Discarded(BaseModel):
    """How many messages are out of the inbox."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"discarded": 1}]})

    discarded: int


ONE: Any = {
    "intent": {"value": {"intent": "card_arrival"}},
    "new intent": {"value": {"new_intent": {"name": "card_freeze", "description": "wants their card blocked"}}},
}
MANY: Any = {"cluster": {"value": {"ids": [_ID], "new_intent": {"name": "card_freeze"}}}}
DISCARD: Any = {"messages": {"value": {"ids": [_ID]}}}


def show_message(one: Message, cluster: ClusterShown | None = None) -> MessageShown:
    """A message, and its cluster where clusters were asked for."""
    return MessageShown(
        id=one.id,
        text=one.text,
        reason=one.reason,
        intent=one.intent,
        confidence=one.confidence,
        decision=one.decision,
        corrected=one.corrected or None,
        times=one.times,
        first_at=moment(one.first_at),
        last_at=moment(one.last_at),
        cluster=cluster,
    )


def show_cluster(number: int, cluster: Cluster) -> ClusterShown:
    """A cluster by its number."""
    return ClusterShown(number=number, size=len(cluster.members), suggested_name=cluster.name)
