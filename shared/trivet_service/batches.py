"""Answers to several texts: rendered in order, counted, and each failing alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from trivet.answers.classification import ClassificationAnswer
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.models import Model


class Answered(Protocol):
    """What every answer to a text tells, whatever the domain."""

    @property
    def decision(self) -> str: ...

    @property
    def tokens(self) -> int: ...

    @property
    def truncated(self) -> bool: ...


A = TypeVar("A", bound=Answered)


class Failed(BaseModel):
    """Stands in the place of the answer to a text that could not be answered, while the others were."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(examples=["internal"])
    detail: str = Field(examples=["this text could not be answered"])


def render_answers(
    request: Request,
    context: Context,
    model: Model,
    outcomes: Sequence[ClassificationAnswer | Exception],
    render: Callable[[ClassificationAnswer], A],
) -> list[A | Failed]:
    """Outcomes as they go out, in order; metrics and canonical log line learn what was decided."""
    rendered: list[A | Failed] = []
    for at, outcome in enumerate(outcomes):
        if isinstance(outcome, Exception):
            request_id = exchange_of(request.scope).request_id
            context.log.error("text failed", request_id=request_id, at=at, error=type(outcome).__name__)
            rendered.append(Failed(code="internal", detail="this text could not be answered"))
        else:
            rendered.append(render(outcome))
    note_answers(request, context, model, [one for one in rendered if not isinstance(one, Failed)])
    return rendered


def note_answers(request: Request, context: Context, model: Model, answers: Sequence[Answered]) -> None:
    """Count answers in the metrics and on the canonical log line."""
    decisions: dict[str, int] = {}
    for answer in answers:
        decisions[answer.decision] = decisions.get(answer.decision, 0) + 1
    truncated = sum(answer.truncated for answer in answers)
    tokens = sum(answer.tokens for answer in answers)
    exchange_of(request.scope).note(texts=len(answers), tokens=tokens, truncated=truncated, decisions=decisions)
    context.metrics.count_answers(
        service=model.service, model=model.name, version=str(model.version), decisions=decisions, truncated=truncated
    )
