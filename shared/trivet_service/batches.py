"""Answers to texts: rendered in order, counted, kept for feedback, and each failing alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from trivet.answers.classification import ClassificationFacts
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
B = TypeVar("B")


class Failed(BaseModel):
    """Stands in the place of the answer to a text that could not be answered, while the others were."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(examples=["internal"])
    detail: str = Field(examples=["this text could not be answered"])


@dataclass(frozen=True)
class Answering:
    """One request that a model answers: whatever goes out passes here, is counted and kept for feedback.

    `risk_of` tells which share of answers like one is wrong at most, None: none is promised; without it the model does.
    """

    request: Request
    context: Context
    model: Model
    risk_of: Callable[[Any], float | None] | None = None

    def render(
        self,
        texts: Sequence[str],
        outcomes: Sequence[B | Exception],
        render: Callable[[B], A],
    ) -> list[A | Failed]:
        """Outcomes as they go out, in order, and noted."""
        rendered: list[A | Failed] = []
        for at, outcome in enumerate(outcomes):
            if isinstance(outcome, Exception):
                request_id = exchange_of(self.request.scope).request_id
                self.context.log.error("text failed", request_id=request_id, at=at, error=type(outcome).__name__)
                rendered.append(Failed(code="internal", detail="this text could not be answered"))
            else:
                rendered.append(render(outcome))
        self.note(texts, rendered)
        return rendered

    def note(self, texts: Sequence[str], outcomes: Sequence[Answered | Failed]) -> None:
        """Count the answers to texts in the metrics and on the canonical log line, and keep them."""
        answers = {at: outcome for at, outcome in enumerate(outcomes) if not isinstance(outcome, Failed)}
        self._keep(texts, answers)
        decisions: dict[str, int] = {}
        for answer in answers.values():
            decisions[answer.decision] = decisions.get(answer.decision, 0) + 1
        truncated = sum(answer.truncated for answer in answers.values())
        tokens = sum(answer.tokens for answer in answers.values())
        notes = {"texts": len(answers), "tokens": tokens, "truncated": truncated, "decisions": decisions}
        exchange_of(self.request.scope).note(**notes)
        self.context.metrics.count_answers(
            service=self.model.service,
            model=self.model.name,
            version=str(self.model.version),
            decisions=decisions,
            truncated=truncated,
        )

    def _keep(self, texts: Sequence[str], answers: Mapping[int, Answered]) -> None:
        now, request_id = time.time(), exchange_of(self.request.scope).request_id
        promised = promised_risk(self.model)
        kept = [
            Prediction(
                tenant=self.request.state.caller.tenant,
                request_id=request_id,
                item=at,
                time=now,
                service=self.model.service,
                model=self.model.name,
                version=self.model.version,
                label=answer.label,
                decision=answer.decision,
                confidence=answer.confidence,
                promised=promised if self.risk_of is None else self.risk_of(answer),
            )
            for at, answer in answers.items()
        ]
        self.context.predictions.note(kept, [texts[at] for at in answers])


def promised_risk(model: Model) -> float | None:
    """The share of wrong answers that a model promises at most, if it does."""
    facts = model.artifact.facts
    point = facts.operating_point if isinstance(facts, ClassificationFacts) else None
    return point.risk if point is not None and point.held and point.rows else None
