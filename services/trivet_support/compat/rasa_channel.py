"""Rasa's REST channel, which many chat widgets speak (rasa/core/channels/rest.py at 00ef2ff); see `rasa_door`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import JSONResponse

from trivet_service.access import Reader
from trivet_support.compat.rasa_door import PREFIX
from trivet_support.compat.rasa_schemas import RasaButton, RasaReply, RasaSpoken
from trivet_support.turn import Turn

if TYPE_CHECKING:
    from trivet_support.replies import Reply
    from trivet_support.responder import Responder

_SPOKEN: Any = Body(
    openapi_examples={"a message": {"value": {"sender": "visitor-17", "message": "card still not here"}}}
)


def channel_routes(responder: Responder) -> APIRouter:
    """What the bot says to a message; the sender names the dialogue."""
    router = APIRouter()

    @router.get(f"{PREFIX}/webhooks/rest", include_in_schema=False)
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.post(
        f"/v1{PREFIX}/webhooks/rest/webhook",
        summary="Rasa: what the bot says to a message, as its REST channel answers",
        response_model=list[RasaReply],
    )
    async def speak(
        request: Request,
        caller: Reader,
        asked: RasaSpoken = _SPOKEN,
        stream: Annotated[bool, Query(description="Every message as a line of JSON of its own.")] = False,
    ) -> Any:
        responded = await responder.respond(request, Turn(asked.message, session=asked.sender, channel="rest"))
        said = say_in_channel(responded.reply, recipient=asked.sender)
        if stream:
            lines = "".join(one.model_dump_json() + "\n" for one in said)
            return Response(lines, media_type="text/event-stream")
        return said

    return router


def say_in_channel(reply: Reply, *, recipient: str) -> list[RasaReply]:
    """A reply as messages of the channel."""
    buttons = [RasaButton(title=one.title, payload=one.payload) for one in reply.buttons]
    return [RasaReply(recipient_id=recipient, text=reply.text, buttons=buttons or None)]
