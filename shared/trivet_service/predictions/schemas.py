"""Requests and answers about predictions and what was said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from trivet.trust.shift import RiskAlarm
from trivet_service.moments import moment
from trivet_service.paging import Page
from trivet_service.predictions.feedback import Feedback
from trivet_service.predictions.prediction import Prediction
from trivet_service.predictions.watch import Counts

_ID = "5f2b6c0e4f7d4c0f9a3d0d9a4a3f5b11"
_SERVED: dict[str, Any] = {"service": "support", "model": "support", "version": 3}
_TOLD: dict[str, Any] = {
    "request_id": _ID,
    "item": 0,
    "correct": False,
    "label": "card_arrival",
    "joined": True,
    "answered": "lost_card",
    **_SERVED,
}
_PREDICTED: dict[str, Any] = {
    "request_id": _ID,
    "item": 0,
    "time": "2026-11-24T15:00:00Z",
    "label": "lost_card",
    "confidence": 0.81,
    "decision": "answer",
    "shown": None,
    "text": "where is my card, write to [email]",
    **_SERVED,
}
_COUNTED: dict[str, Any] = {
    **_SERVED,
    "right": 41,
    "wrong": 3,
    "unknown": 0,
    "alarms": [{"promised": 0.05, "heard": 40, "rings": False, "rang_at": None}],
    "alarm": {"promised": 0.05, "heard": 40, "rings": False, "rang_at": None},
}

RequestId = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9._:-]{1,128}$")]


class FeedbackIn(BaseModel):
    """What somebody says of an answer: whether it was right, what would have been, or both."""

    model_config = ConfigDict(extra="forbid")

    request_id: RequestId = Field(description="`request_id` of the answer, also its header `X-Request-Id`.")
    item: int = Field(0, ge=0, le=4095, description="Which text of a batch, counted from 0.")
    correct: bool | None = Field(None, description="Left out: whether `label` is what was answered.")
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)] | None = Field(
        None, description="The right label; of recommendations, an item that was wanted."
    )
    note: Annotated[str, StringConstraints(max_length=2000)] | None = Field(
        None, description="For people; kept without what is personal in it."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.correct is None and self.label is None:
            raise ValueError("say correct, label or both")
        return self


class Told(BaseModel):
    """What was said of an answer; `joined` false: the answer is not known any more, so neither is its model."""

    request_id: str
    item: int
    correct: bool | None
    label: str | None
    joined: bool
    answered: str = Field(description="The label that was answered.")
    service: str
    model: str
    version: int


class FeedbackTaken(Told):
    """What became of a feedback: `new`, the `same` as before, or `changed`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_TOLD, "outcome": "new"}]})

    outcome: Literal["new", "same", "changed"]


class FeedbackShown(Told):
    """A feedback that is kept."""

    time: datetime
    note: str | None


class FeedbackPage(Page[FeedbackShown]):
    """Feedback, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"items": [{**_TOLD, "time": "2026-11-24T15:05:00Z", "note": None}], "next_cursor": None},
            ]
        }
    )


class PredictionShown(BaseModel):
    """An answer that was kept; `text` is redacted, null where texts are not kept."""

    request_id: str
    item: int
    time: datetime
    service: str
    model: str
    version: int
    label: str
    confidence: float | None
    decision: str
    shown: list[str] | None = Field(description="Of recommendations: the items.")
    text: str | None


class PredictionsPage(Page[PredictionShown]):
    """Answers, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_PREDICTED], "next_cursor": None}]})


class AlarmShown(BaseModel):
    """Rings where more answers turn out wrong than the model promised.

    It presumes that feedback comes as often of right answers as of wrong ones. While the promise holds it rings falsely
    once in 1,000 feedbacks at most, on average.
    """

    promised: float = Field(description="Share of wrong answers that the model promised at most.")
    heard: int = Field(description="Feedbacks about answers that were given.")
    rings: bool
    rang_at: int | None = Field(description="The feedback at which it rang.")


class Counted(BaseModel):
    """Feedback about one version of a model; `alarm` is null where it promised nothing.

    A version that promised more than one thing, by operating points, has an alarm for each: `alarm` is the one that
    rings, else that of the strictest promise.
    """

    service: str
    model: str
    version: int
    right: int
    wrong: int
    unknown: int
    alarm: AlarmShown | None
    alarms: list[AlarmShown] = Field(default_factory=list, description="One a promise, the strictest first.")


class FeedbackSummary(BaseModel):
    """Feedback by version."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_COUNTED]}]})

    items: list[Counted]


def show_told(given: Feedback) -> dict[str, Any]:
    """The fields of `Told`."""
    return {
        "request_id": given.request_id,
        "item": given.item,
        "correct": given.correct,
        "label": given.label,
        "joined": given.is_joined,
        "answered": given.answered,
        "service": given.service,
        "model": given.model,
        "version": given.version,
    }


def show_feedback(given: Feedback) -> FeedbackShown:
    """A feedback as a list shows it."""
    return FeedbackShown(**show_told(given), time=moment(given.time), note=given.note)


def show_prediction(one: Prediction, text: str | None) -> PredictionShown:
    """An answer as a list shows it."""
    return PredictionShown(
        request_id=one.request_id,
        item=one.item,
        time=moment(one.time),
        service=one.service,
        model=one.model,
        version=one.version,
        label=one.label,
        confidence=one.confidence,
        decision=one.decision,
        shown=None if one.shown is None else list(one.shown),
        text=text,
    )


def show_counts(counts: Counts, alarms: Sequence[RiskAlarm]) -> Counted:
    """The counts of a version with its alarms, that of the strictest promise first."""
    service, model, version = counts.served
    shown = [
        AlarmShown(promised=alarm.risk, heard=alarm.feedbacks, rings=alarm.rings, rang_at=alarm.rang_at or None)
        for alarm in alarms
    ]
    return Counted(
        service=service,
        model=model,
        version=version,
        right=counts.right,
        wrong=counts.wrong,
        unknown=counts.unknown,
        alarm=next((alarm for alarm in shown if alarm.rings), shown[0] if shown else None),
        alarms=shown,
    )
