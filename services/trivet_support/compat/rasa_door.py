"""Rasa's paths, tokens and errors, around an app whose routes answer them under /v1."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.access import presented_key
from trivet_service.faces import translating
from trivet_service.problems import ProblemError, problem_response
from trivet_service.proxy import route_path

# Whose clients we answer: Rasa 3.x. They read it from `/version` and from errors.
VERSION = "3.6.21"
MINIMUM = "3.0.0"
PREFIX = "/compat/rasa"
# Paths that a key opens, and those that Rasa leaves open to everybody.
_CLOSED = frozenset({"model/parse", "status", "webhooks/rest/webhook"})
_OPEN = frozenset({"", "version", "webhooks/rest", "webhooks/rest/"})
_KNOWN = _CLOSED | _OPEN

# Names that Rasa gives to its refusals (rasa/server.py, `ErrorResponse`).
_REASONS = {400: "BadRequest", 401: "NotAuthenticated", 403: "NotAuthorized", 404: "NotFound", 409: "Conflict"}


class RasaDoor:
    """Takes `/compat/rasa/...` and `/compat/rasa/TENANT/...` for `/v1/...`; with `at_root` Rasa's own paths as well.

    The token of the query, else that of the JSON body, is the API key where no header brings one: there
    RasaNLUHttpInterpreter puts it (rasa/core/http_interpreter.py at 0506f3c, rasa/server.py at 00371d2). It goes no
    further than here. Whatever is refused on the way is said in Rasa's shape.

    At most `most` bodies are read here at once, before anybody has shown a key: memory stays bounded.
    """

    def __init__(self, app: ASGIApp, *, at_root: bool, most: int, max_bytes: int, seconds: float) -> None:
        self.app = app
        self._at_root = at_root
        self._most = most
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._reading = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = self._rasas(route_path(scope)) if scope["type"] == "http" else None
        if path is None:
            await self.app(scope, receive, send)
            return
        send = translating(send, lambda: True, say=_answer_as_rasa)
        _move(scope, path)
        if path.startswith("/v1/"):
            token = _take_token(scope)
            if not token and not presented_key(Headers(scope=scope)) and scope["method"] == "POST":
                try:
                    body, receive = await self._read(receive)
                except ProblemError as error:
                    refusal = problem_response(Request(scope), error.status_code, error.detail, headers=error.headers)
                    await refusal(scope, receive, send)
                    return
                token = _token_in(body)
            if token and not presented_key(Headers(scope=scope)):
                MutableHeaders(scope=scope)["x-api-key"] = token
        await self.app(scope, receive, send)

    def _rasas(self, path: str) -> str | None:
        """Where a path of Rasa's is answered; None: it is none."""
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            rest = path.removeprefix(PREFIX).removeprefix("/")
            tenant = ""
            if rest not in _KNOWN:
                tenant, _, rest = rest.partition("/")
            if rest not in _KNOWN:
                return path
        elif self._at_root and path.removeprefix("/") in _KNOWN:
            rest, tenant = path.removeprefix("/"), ""
        else:
            return None
        if rest in _OPEN:
            return f"{PREFIX}/{rest.rstrip('/')}"
        return f"/v1/t/{tenant}{PREFIX}/{rest}" if tenant else f"/v1{PREFIX}/{rest}"

    async def _read(self, receive: Receive) -> tuple[bytes, Receive]:
        """The body, as far as one may be long, and a `receive` that brings all of it again.

        Raises:
            ProblemError: it takes too long, or too many others are being read.
        """
        if self._reading >= self._most:
            raise ProblemError(429, f"{self._most} requests are being read.", headers={"Retry-After": "1"})
        seen: list[Message] = []
        size = 0
        self._reading += 1
        try:
            async with asyncio.timeout(self._seconds):
                while size <= self._max_bytes:
                    message = await receive()
                    seen.append(message)
                    size += len(message.get("body", b""))
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        break
        except TimeoutError as error:
            raise ProblemError(408, f"the body took longer than {self._seconds:g} s to arrive.") from error
        finally:
            self._reading -= 1
        body = b"".join(message.get("body", b"") for message in seen)

        async def again() -> Message:
            return seen.pop(0) if seen else await receive()

        return body, again


def _answer_as_rasa(problem: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
    """A problem as `ErrorResponse` of Rasa's server says it; what has the wrong form is a 400 there."""
    status = 400 if problem["status"] == 422 else problem["status"]
    flaws: Sequence[Mapping[str, str]] = problem["errors"]
    named = next((flaw["pointer"].lstrip("/") for flaw in flaws if flaw["pointer"]), "")
    said = "; ".join(flaw["detail"] for flaw in flaws if flaw["detail"] not in problem["detail"])
    message = "User is not authenticated." if status == 401 else f"{problem['detail']} {said}".strip()
    return status, {
        "version": VERSION,
        "status": "failure",
        "message": message,
        "reason": _REASONS.get(status, "ServerError" if status >= 500 else problem["title"].replace(" ", "")),
        "details": {"parameter": named, "in": "body"} if named else {},
        "help": None,
        "code": status,
    }


def _move(scope: Scope, path: str) -> None:
    scope["path"] = f"{scope.get('root_path', '')}{path}"
    scope["raw_path"] = quote(scope["path"]).encode()


def _take_token(scope: Scope) -> str:
    """The token of the query, which is taken out of it."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    scope["query_string"] = urlencode([pair for pair in pairs if pair[0] != "token"]).encode()
    return next((value for name, value in pairs if name == "token"), "")


def _token_in(body: bytes) -> str:
    """The token of a JSON body; empty: it has none, or is no JSON, which the route will say."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    token = told.get("token") if isinstance(told, dict) else None
    return token if isinstance(token, str) and token.isascii() and token.isprintable() else ""
