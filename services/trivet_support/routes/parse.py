"""`POST /v1/parse` and `/v1/parse:batch`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Body, Request

from trivet_service.access import Reader
from trivet_service.context import Context
from trivet_service.limits import check_batch
from trivet_service.provenance import provenance_of
from trivet_support.brain import Brain
from trivet_support.schemas import Options, ParseAnswer, ParseAnswers, ParseBatch, ParseRequest
from trivet_support.turn import Said, Turn

_ONE: Any = Body(
    openapi_examples={
        "message": {"value": {"text": "card still not here"}},
        "in a session": {
            "value": {
                "text": "and how long does it take",
                "history": [{"role": "user", "text": "card still not here"}],
                "session_id": "c-33",
                "message_id": "m-12",
            }
        },
        "in a dialogue": {
            "value": {"text": "the second one", "top": 2, "allowed_intents": ["card_arrival", "lost_or_stolen_card"]}
        },
    }
)
_MANY: Any = Body(openapi_examples={"messages": {"value": {"texts": ["card still not here", "asdf"], "top": 2}}})


def parse_routes(context: Context, brain: Brain) -> APIRouter:
    """The routes over the model of this app."""
    router = APIRouter(lifespan=brain.vocabularies.lifespan)

    @router.post("/v1/parse", summary="What a message wants")
    async def parse(request: Request, _: Reader, asked: ParseRequest = _ONE) -> ParseAnswer:
        understood = await brain.understand(request, turn_of(asked))
        return ParseAnswer(**dict(understood.only), **provenance_of(request, understood.model))

    @router.post("/v1/parse:batch", summary="What many messages want")
    async def parse_batch(request: Request, _: Reader, asked: ParseBatch = _MANY) -> ParseAnswers:
        check_batch(len(asked.texts), limit=context.settings.max_batch, pointer="/texts")
        understood = await brain.understand_many(request, [_turn(text, asked) for text in asked.texts])
        return ParseAnswers(items=list(understood.parsed), **provenance_of(request, understood.model))

    return router


def turn_of(asked: ParseRequest) -> Turn:
    """The message that is asked about, in its dialogue."""
    return replace(
        _turn(asked.text, asked),
        history=tuple(Said(one.role, one.text) for one in asked.history),
        session=asked.session_id or "",
        message_id=asked.message_id or "",
        explain=asked.explain,
    )


def _turn(text: str, asked: Options) -> Turn:
    return Turn(
        text=text,
        allowed=tuple(asked.allowed_intents or ()),
        top=asked.top,
        several=asked.several,
        point=asked.operating_point or "",
        language="" if asked.language == "auto" else asked.language,
        entities=None if asked.entities is None else tuple(asked.entities),
        written=asked.reference_time,
    )
