"""Answers to several texts: rendered in order, counted, and each failing alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet_service.context import Context
from trivet_service.exchange import exchange_of
from trivet_service.model import Model
from trivet_service.predictions.prediction import Prediction


class Answered(Protocol):
    """What every answer to a text tells, whatever the domain."""

    @property
    def label(self) -> str: ...

    @property
    def confidence(self) -> float: ...

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
    texts: Sequence[str],
    outcomes: Sequence[ClassificationAnswer | Exception],
    render: Callable[[ClassificationAnswer], A],
    *,
    is_promised: bool = True,
) -> list[A | Failed]:
    """Outcomes as they go out, in order; noted as by `note_answers`."""
    rendered: list[A | Failed] = []
    for at, outcome in enumerate(outcomes):
        if isinstance(outcome, Exception):
            request_id = exchange_of(request.scope).request_id
            context.log.error("text failed", request_id=request_id, at=at, error=type(outcome).__name__)
            rendered.append(Failed(code="internal", detail="this text could not be answered"))
        else:
            rendered.append(render(outcome))
    note_answers(request, context, model, texts, rendered, is_promised=is_promised)
    return rendered


def note_answers(
    request: Request,
    context: Context,
    model: Model,
    texts: Sequence[str],
    outcomes: Sequence[Answered | Failed],
    *,
    is_promised: bool = True,
) -> None:
    """Count the answers to texts in the metrics and on the canonical log line, and keep them for feedback.

    Without `is_promised` the promise of the model does not hold for these answers.
    """
    places = [at for at, outcome in enumerate(outcomes) if not isinstance(outcome, Failed)]
    answers = [outcome for outcome in outcomes if not isinstance(outcome, Failed)]
    _keep(request, context, model, texts, dict(zip(places, answers, strict=True)), is_promised=is_promised)
    decisions: dict[str, int] = {}
    for answer in answers:
        decisions[answer.decision] = decisions.get(answer.decision, 0) + 1
    truncated = sum(answer.truncated for answer in answers)
    tokens = sum(answer.tokens for answer in answers)
    exchange_of(request.scope).note(texts=len(answers), tokens=tokens, truncated=truncated, decisions=decisions)
    context.metrics.count_answers(
        service=model.service, model=model.name, version=str(model.version), decisions=decisions, truncated=truncated
    )


def _keep(
    request: Request,
    context: Context,
    model: Model,
    texts: Sequence[str],
    answers: Mapping[int, Answered],
    *,
    is_promised: bool,
) -> None:
    now, request_id = time.time(), exchange_of(request.scope).request_id
    promised = promised_risk(model) if is_promised else None
    kept = [
        Prediction(
            tenant=request.state.caller.tenant,
            request_id=request_id,
            item=at,
            time=now,
            service=model.service,
            model=model.name,
            version=model.version,
            label=answer.label,
            decision=answer.decision,
            confidence=answer.confidence,
            promised=promised,
        )
        for at, answer in answers.items()
    ]
    context.predictions.note(kept, [texts[at] for at in answers])


def promised_risk(model: Model) -> float | None:
    """The share of wrong answers that a model promises at most, if it does."""
    facts = model.artifact.facts
    point = facts.operating_point if isinstance(facts, ClassificationFacts) else None
    return point.risk if point is not None and point.held else None
