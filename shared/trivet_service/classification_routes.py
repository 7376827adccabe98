"""The routes of a domain that only classifies."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field

from trivet.answers.classification import ClassificationAnswer
from trivet_service.access import Reader
from trivet_service.batches import Answering, Failed
from trivet_service.context import Context
from trivet_service.limits import Text, check_batch
from trivet_service.provenance import EXAMPLE, Provenance, provenance_of

_LABELLED: dict[str, Any] = {
    "label": "first",
    "confidence": 0.93,
    "ranking": [{"label": "first", "confidence": 0.93}, {"label": "second", "confidence": 0.04}],
    "decision": "answer",
    "truncated": False,
    "tokens": 12,
}


class Asked(BaseModel):
    """One text."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    top: int = Field(5, ge=1, le=100, description="Labels in the ranking.")


class AskedMany(BaseModel):
    """Many texts."""

    model_config = ConfigDict(extra="forbid")

    texts: list[Text] = Field(min_length=1)
    top: int = Field(5, ge=1, le=100, description="Labels in the ranking.")


class Ranked(BaseModel):
    """A label with its calibrated probability."""

    label: str
    confidence: float


class Labelled(BaseModel):
    """What the model makes of a text; `unsure` lies below the confidence that keeps the promised error."""

    label: str
    confidence: float
    ranking: list[Ranked]
    decision: Literal["answer", "unsure", "out_of_scope"]
    truncated: bool = Field(description="Whether the text was longer than the model reads.")
    tokens: int = Field(description="Length of the whole text in tokens.")
    conformal_set: list[str] | None = Field(
        None,
        exclude_if=lambda found: found is None,
        description="The set of labels, likeliest first, where the model promises how often it holds the right one.",
    )


class LabelledText(Provenance, Labelled):
    """The answer to one text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LABELLED | EXAMPLE]})


class LabelledTexts(Provenance):
    """The answers to many texts, in order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LABELLED], **EXAMPLE}]})

    items: list[Labelled | Failed]


def classification_routes(context: Context, *, service: str, title: str, example: str) -> APIRouter:
    """`POST /v1/SERVICE` and `/v1/SERVICE:batch`."""
    router = APIRouter()
    one: Any = Body(openapi_examples={"one": {"value": {"text": example}}})
    many: Any = Body(openapi_examples={"many": {"value": {"texts": [example, example], "top": 2}}})

    @router.post(f"/v1/{service}", summary=title, name=service)
    async def classify(request: Request, _: Reader, asked: Asked = one) -> LabelledText:
        model = await context.models.take(service, request)
        labelled = label(await model.answer(asked.text, top=asked.top))
        Answering(request, context, model).note([asked.text], [labelled])
        return LabelledText(**dict(labelled), **provenance_of(request, model))

    @router.post(f"/v1/{service}:batch", summary=f"{title}, many texts at once", name=f"{service}-batch")
    async def classify_many(request: Request, _: Reader, asked: AskedMany = many) -> LabelledTexts:
        check_batch(len(asked.texts), limit=context.settings.max_batch, pointer="/texts")
        model = await context.models.take(service, request)
        outcomes = await model.answer_many(asked.texts, top=asked.top)
        items = Answering(request, context, model).render(asked.texts, outcomes, label)
        return LabelledTexts(items=items, **provenance_of(request, model))

    return router


def label(answer: ClassificationAnswer) -> Labelled:
    """An answer as it goes out."""
    return Labelled(
        label=answer.label,
        confidence=round(answer.confidence, 4),
        ranking=[Ranked(label=name, confidence=round(chance, 4)) for name, chance in answer.ranking],
        decision=answer.decision,
        truncated=answer.truncated,
        tokens=answer.tokens,
        conformal_set=None if answer.conformal_set is None else list(answer.conformal_set),
    )
