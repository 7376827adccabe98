"""`POST /v1/respond`: what a message wants, and what to say to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from pydantic import ConfigDict, Field, StringConstraints

from trivet_service.access import Reader
from trivet_service.exchange import exchange_of
from trivet_service.provenance import EXAMPLE, provenance_of
from trivet_support.replies import Reply
from trivet_support.responder import Responder
from trivet_support.routes.parse import turn_of
from trivet_support.schemas import PARSED, ParseAnswer, ParseRequest

_ONE: Any = Body(
    openapi_examples={
        "message": {"value": {"text": "card still not here"}},
        "with variables": {
            "value": {
                "text": "card still not here",
                "session_id": "visit-17",
                "channel": "web",
                "variables": {"account": "1842", "posted": "Monday"},
            }
        },
    }
)
_REPLIED: dict[str, Any] = {
    "reply": {
        "kind": "retrieved",
        "text": "Cards are posted within two working days.",
        "buttons": [],
        "citations": [{"document": "faq", "title": "Cards", "start": 31, "end": 72}],
    }
}
Value = Annotated[str, StringConstraints(max_length=4000)] | int | float


class RespondRequest(ParseRequest):
    """One message that is to be replied to."""

    variables: dict[Annotated[str, StringConstraints(min_length=1, max_length=64)], Value] = Field(
        default_factory=dict,
        max_length=200,
        description="What fills templates: these before what the message names, that before what was named earlier.",
    )
    channel: str = Field("", max_length=100, description="Where the message came from, for replies and rules.")


class RespondAnswer(ParseAnswer):
    """What a message wants, and what to say to it."""

    model_config = ConfigDict(json_schema_extra={"examples": [PARSED | _REPLIED | EXAMPLE]})

    reply: Reply


def respond_routes(responder: Responder) -> APIRouter:
    """The route over the responder of this app."""
    router = APIRouter()

    @router.post("/v1/respond", summary="What to say to a message")
    async def respond(request: Request, _: Reader, asked: RespondRequest = _ONE) -> RespondAnswer:
        turn = replace(turn_of(asked), channel=asked.channel)
        variables = {name: str(value) for name, value in asked.variables.items()}
        responded = await responder.respond(request, turn, variables=variables)
        understood = responded.understood
        exchange_of(request.scope).note(reply=responded.reply.kind)
        return RespondAnswer(**dict(understood.only), reply=responded.reply, **provenance_of(request, understood.model))

    return router
