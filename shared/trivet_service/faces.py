"""Errors in the shape that a peer's clients read, on the paths that speak its language."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.problems import MEDIA_TYPE
from trivet_service.proxy import route_path

# What OpenAI's clients look for, where it has another name than ours.
_CODES = {
    "unauthorised": "invalid_api_key",
    "rate_limited": "rate_limit_exceeded",
    "overloaded": "rate_limit_exceeded",
}


class Fault(BaseModel):
    """What went wrong, as OpenAI says it."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None = Field(description="The field of the body that is wrong.", examples=["input"])
    code: str | None = Field(examples=["model_not_found"])


class OpenAiFault(BaseModel):
    """An error in the shape of the OpenAI API."""

    error: Fault


class OpenAiFaults:
    """Turns the problems of some paths into errors of the OpenAI API, whoever found them: the key, a limit, a route.

    A body that has not the right form is a 400 there, not a 422.
    """

    def __init__(self, app: ASGIApp, *, paths: frozenset[str]) -> None:
        self.app = app
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # Asked late: a tenant in the path has been taken out by then.
        await self.app(
            scope, receive, translating(send, lambda: route_path(scope) in self.paths, say=_answer_as_openai)
        )


# What a problem becomes: its status and its body.
Say: TypeAlias = Callable[[Mapping[str, Any]], tuple[int, Mapping[str, Any]]]


def translating(send: Send, is_ours: Callable[[], bool], *, say: Say) -> Send:
    """A `send` that turns problems into what `say` makes of them, where `is_ours` when the answer begins."""
    start: Message | None = None

    async def translate(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and is_ours() and _is_problem(message):
            # Our problems are sent in one piece, which tells what they become.
            start = message
        elif start is not None:
            status, told = say(json.loads(message["body"]))
            body = json.dumps(told).encode()
            await send(_restart(start, status=status, length=len(body)))
            await send({"type": "http.response.body", "body": body})
        else:
            await send(message)

    return translate


def _answer_as_openai(problem: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    return 400 if problem["status"] == 422 else problem["status"], say_as_openai(problem)


def say_as_openai(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem in the shape of the OpenAI API."""
    flaws = problem["errors"]
    named = next((flaw["pointer"].split("/")[1] for flaw in flaws if flaw["pointer"]), None)
    details = "; ".join(flaw["detail"] for flaw in flaws if flaw["detail"] not in problem["detail"])
    message = f"{problem['detail']} {details}".strip()
    kind = "server_error" if problem["status"] >= 500 else "invalid_request_error"
    if problem["status"] == 429:
        kind = "requests"
    code = _CODES.get(problem["code"], problem["code"])
    return {"error": {"message": message, "type": kind, "param": named, "code": code}}


def _is_problem(start: Message) -> bool:
    return (b"content-type", MEDIA_TYPE.encode()) in start["headers"]


def _restart(start: Message, *, status: int, length: int) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name not in (b"content-type", b"content-length")]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}
