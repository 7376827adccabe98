"""`GET` and `DELETE /v1/sessions/{session}`: what is remembered of a dialogue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Path, Request

from trivet_service.access import Trainer, Writer
from trivet_service.exchange import exchange_of
from trivet_service.moments import moment
from trivet_service.problems import ProblemError
from trivet_support.dialogue import Dialogue
from trivet_support.session_schemas import SessionForgotten, SessionShown, SessionTurn

_ID: Any = Path(min_length=1, max_length=200, examples=["c-33"])


def session_routes(dialogue: Dialogue) -> APIRouter:
    """The routes over the dialogues of this app, with what removes those that are over."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pruning = asyncio.create_task(dialogue.prune())
        yield
        pruning.cancel()
        with suppress(asyncio.CancelledError):
            await pruning

    router = APIRouter(lifespan=lifespan)

    @router.get("/v1/sessions/{session}", summary="What was said in a dialogue, and what was made of it")
    def show(request: Request, _: Trainer, session: Annotated[str, _ID]) -> SessionShown:
        turns = dialogue.read(request, session)
        if not turns:
            raise ProblemError(404, f"there is no session {session!r}, or it is over.")
        return SessionShown(
            session_id=session,
            turns=[
                SessionTurn(
                    message_id=turn.message_id,
                    time=moment(turn.time),
                    text=turn.text,
                    reply=turn.reply or None,
                    intent=turn.made["intent"],
                    confidence=turn.made["confidence"],
                    decision=turn.made["decision"],
                    entities=turn.made.get("entities", []),
                    options=turn.made.get("options", []),
                )
                for turn in turns
            ],
            request_id=exchange_of(request.scope).request_id,
        )

    @router.delete("/v1/sessions/{session}", summary="Forget a dialogue")
    def forget(request: Request, _: Writer, session: Annotated[str, _ID]) -> SessionForgotten:
        turns = dialogue.forget(request, session)
        if not turns:
            raise ProblemError(404, f"there is no session {session!r}.")
        return SessionForgotten(session_id=session, turns=turns, request_id=exchange_of(request.scope).request_id)

    return router
