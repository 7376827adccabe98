"""The routes of Rasa's NLU server, as a bot calls them whose `endpoints.yml` names us under `nlu`; see `rasa_door`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, PlainTextResponse

import trivet
from trivet.answers.classification import ClassificationFacts
from trivet.errors import InputError
from trivet_service.access import Reader
from trivet_support.compat.rasa_door import MINIMUM, PREFIX, VERSION
from trivet_support.compat.rasa_reading import read_payload, say_as_rasa, say_nothing
from trivet_support.compat.rasa_schemas import RasaMessage, RasaParsed, RasaStatus
from trivet_support.turn import Turn

if TYPE_CHECKING:
    from trivet_service.context import Context
    from trivet_service.model import Model
    from trivet_support.brain import Brain

# More than any model has: retrieval intents are summed over all of their responses.
_ALL = 100_000
_MESSAGE: Any = Body(
    openapi_examples={
        "as Rasa's interpreter sends it": {"value": {"text": "card still not here", "message_id": "sender-17"}},
        "a button": {"value": {"text": '/card_arrival{"card": "blue"}', "message_id": "sender-17"}},
    }
)


def rasa_routes(context: Context, brain: Brain) -> APIRouter:
    """`/model/parse` and `/status` under /v1, where keys, rates and limits are the same as everywhere; and what Rasa
    leaves open."""
    router = APIRouter()

    @router.get(f"{PREFIX}/", include_in_schema=False)
    async def hello() -> PlainTextResponse:
        return PlainTextResponse(f"Hello from Rasa: {VERSION} (Trivet {trivet.__version__})")

    @router.get(f"{PREFIX}/version", include_in_schema=False)
    async def version() -> JSONResponse:
        return JSONResponse({"version": VERSION, "minimum_compatible_version": MINIMUM})

    @router.post(f"/v1{PREFIX}/model/parse", summary="Rasa: what a message wants, in the shape of its NLU server")
    async def parse(request: Request, caller: Reader, asked: RasaMessage = _MESSAGE) -> RasaParsed:
        text = asked.said
        if not text.strip():
            return say_nothing(text)
        if text.lstrip().startswith("/"):
            known = _labels(await brain.take(request))
            if (payload := read_payload(text, labels=known)) is not None:
                return payload
        session = asked.message_id if context.settings.rasa_history else None
        try:
            understood = await brain.understand(request, Turn(text, top=_ALL, session=session or ""))
        except InputError:
            # No word that any model reads, such as an emoji alone: no error of the bot's.
            return say_nothing(text)
        return say_as_rasa(understood.only, text, labels=_labels(understood.model))

    @router.get(f"/v1{PREFIX}/status", summary="Rasa: which model answers")
    async def status(request: Request, caller: Reader) -> RasaStatus:
        model = await context.models.take("support", request)
        name = f"{model.name}/{model.version}"
        return RasaStatus(model_id=name, model_file=name, num_active_training_jobs=0)

    return router


def _labels(model: Model) -> tuple[str, ...]:
    facts = model.artifact.facts
    return facts.labels if isinstance(facts, ClassificationFacts) else ()
