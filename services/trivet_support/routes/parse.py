"""`POST /v1/parse` and `/v1/parse:batch`."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Body, Request

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.errors import ArtifactError, InputError
from trivet_service.access import Reader
from trivet_service.batches import Answering
from trivet_service.context import Context
from trivet_service.limits import check_batch
from trivet_service.model import Model
from trivet_service.provenance import provenance_of
from trivet_support.decision import choose, restrict
from trivet_support.schemas import (
    Intent,
    Options,
    OutOfScope,
    ParseAnswer,
    ParseAnswers,
    ParseBatch,
    Parsed,
    ParseRequest,
    Promise,
)

_ONE: Any = Body(
    openapi_examples={
        "message": {"value": {"text": "card still not here"}},
        "in a dialogue": {
            "value": {"text": "the second one", "top": 2, "allowed_intents": ["card_arrival", "lost_or_stolen_card"]}
        },
    }
)
_MANY: Any = Body(openapi_examples={"messages": {"value": {"texts": ["card still not here", "asdf"], "top": 2}}})


def parse_routes(context: Context) -> APIRouter:
    """The routes over the model of this app."""
    router = APIRouter()

    @router.post("/v1/parse", summary="What a message wants")
    async def parse(request: Request, _: Reader, asked: ParseRequest = _ONE) -> ParseAnswer:
        model = await context.models.take("support", request)
        facts = _facts(model, asked)
        parsed = _render(await model.answer(asked.text, top=_depth(asked, facts)), asked=asked, facts=facts)
        answering = Answering(request, context, model, is_promised=not asked.allowed_intents)
        answering.note([asked.text], [parsed])
        return ParseAnswer(**dict(parsed), **provenance_of(request, model))

    @router.post("/v1/parse:batch", summary="What many messages want")
    async def parse_batch(request: Request, _: Reader, asked: ParseBatch = _MANY) -> ParseAnswers:
        check_batch(len(asked.texts), limit=context.settings.max_batch, pointer="/texts")
        model = await context.models.take("support", request)
        facts = _facts(model, asked)
        outcomes = await model.answer_many(asked.texts, top=_depth(asked, facts))
        answering = Answering(request, context, model, is_promised=not asked.allowed_intents)
        items = answering.render(asked.texts, outcomes, partial(_render, asked=asked, facts=facts))
        return ParseAnswers(items=items, **provenance_of(request, model))

    return router


def _facts(model: Model, asked: Options) -> ClassificationFacts:
    facts = model.artifact.facts
    if not isinstance(facts, ClassificationFacts):
        raise ArtifactError(f"it does not classify: its task is {facts.kind}.", where=model.name)
    for at, name in enumerate(asked.allowed_intents or ()):
        if name not in facts.labels:
            raise InputError(f"there is no intent {name!r}.", where=f"/allowed_intents/{at}")
    return facts


def _depth(asked: Options, facts: ClassificationFacts) -> int:
    """How many intents to rank: all of them where some are left out afterwards, two at least to tell whether to ask."""
    return len(facts.labels) if asked.allowed_intents else max(2, asked.top)


def _render(answer: ClassificationAnswer, *, asked: Options, facts: ClassificationFacts) -> Parsed:
    ranking = restrict(answer.ranking, asked.allowed_intents) if asked.allowed_intents else answer.ranking
    intents = [Intent(name=name, confidence=round(chance, 4)) for name, chance in ranking[: asked.top]]
    point = facts.operating_point
    return Parsed(
        intent=intents[0],
        ranking=intents,
        decision=choose(answer, ranking, facts),
        out_of_scope=None
        if answer.novelty is None
        else OutOfScope(score=round(answer.novelty, 4), threshold=_rounded(facts.novelty_threshold)),
        # The promise was measured over all intents; it does not hold among some of them.
        promise=None
        if point is None or asked.allowed_intents
        else Promise(risk=point.risk, confidence=point.confidence, coverage=round(point.coverage, 4), held=point.held),
        truncated=answer.truncated,
        tokens=answer.tokens,
        # Like the promise, a set among some of the intents would be another one.
        conformal_set=None if answer.conformal_set is None or asked.allowed_intents else list(answer.conformal_set),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
