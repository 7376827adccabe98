"""`POST /v1/explain`: the words that carry an intent, and the messages it was learnt from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Body, FastAPI, Request

from trivet.answers.classification import ClassificationFacts
from trivet.errors import ArtifactError
from trivet.explain.attribution import read_chances, weigh
from trivet.explain.occlusion import occlude
from trivet_service.access import Reader
from trivet_service.context import Context
from trivet_service.provenance import provenance_of
from trivet_support.decision import choose
from trivet_support.examples import Examples, Shelf
from trivet_support.explained import Example, ExplainAnswer, ExplainRequest, Word
from trivet_support.growth.grown import base_of
from trivet_support.growth.growth import Growth
from trivet_support.schemas import Intent

_ONE: Any = Body(openapi_examples={"message": {"value": {"text": "card still not here", "k": 3}}})


def explain_routes(context: Context, growth: Growth) -> APIRouter:
    """The route over the model of this app."""
    examples = Examples(context.settings, context.log)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(examples.close)

    router = APIRouter(lifespan=lifespan)

    @router.post("/v1/explain", summary="Why a message gets its intent")
    async def explain(request: Request, _: Reader, asked: ExplainRequest = _ONE) -> ExplainAnswer:
        model = await growth.take(request)
        facts = model.artifact.facts
        if not isinstance(facts, ClassificationFacts):
            raise ArtifactError(f"it does not classify: its task is {facts.kind}.", where=model.name)
        answer = await model.answer(asked.text, top=2)
        occlusion = await asyncio.to_thread(occlude, asked.text, model.artifact.tokenizer)
        outputs = await model.run(model.artifact.tokenizer.encode(occlusion.variants))
        chances = read_chances(model.artifact.answering, outputs, [answer.label] * occlusion.rows)
        found = weigh(occlusion, answer.label, chances)
        shelf = examples.of(base_of(model.artifact)) if asked.k else Shelf("not_asked")
        near = await asyncio.to_thread(shelf.rows.nearest, outputs["embedding"][:1], asked.k) if shelf.rows else [()]
        return ExplainAnswer(
            intent=Intent(name=answer.label, confidence=round(answer.confidence, 4)),
            decision=choose(answer, answer.ranking, facts),
            words=[
                Word(start=word.start, end=word.end, text=word.text, weight=round(word.weight, 4))
                for word in found.words
            ],
            examples=[
                Example(text=one.text, intent=one.label, line=one.line, distance=round(one.distance, 4))
                for one in near[0]
            ],
            examples_state=shelf.state,
            rows=found.rows,
            truncated=answer.truncated,
            tokens=answer.tokens,
            **provenance_of(request, model),
        )

    return router
