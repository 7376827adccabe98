"""Requests that may be sent again: a write with an `Idempotency-Key` is done once, whatever happens to its answer."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.exchange import exchange_of
from trivet_service.idempotency import LEASE_S, Answer, Begun, Ledger, Reused, Underway
from trivet_service.in_flight import is_stream
from trivet_service.problems import Flaw, ProblemError, answer_error, problem_response
from trivet_service.proxy import route_path
from trivet_service.storage.errors import StoreUnavailableError

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# What PUT puts twice is there once.
_VERBS = frozenset({"post", "patch", "delete"})


class Retries:
    """Carries out a write with a key once and answers those that follow with what the first was answered.

    An answer is on the disk before it is sent. What failed or was refused is forgotten, so that the key serves for
    another try; a stream is not kept, and of an answer with a secret only that it was given. A client that leaves
    meanwhile finds the answer when it comes back.
    """

    def __init__(self, app: ASGIApp, *, ledger: Ledger, openapi: Callable[[], Mapping[str, Any]]) -> None:
        self.app = app
        self._ledger = ledger
        self._openapi = openapi
        self._writes: list[tuple[str, re.Pattern[str]]] = []
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if key is None or not await self._is_write(scope):
            await self.app(scope, receive, send)
            return
        try:
            await self._answer(scope, receive, send, key=key)
        except (ProblemError, StoreUnavailableError) as error:
            await answer_error(Request(scope), error)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, *, key: str) -> None:
        if not _KEY.fullmatch(key):
            flaw = Flaw(pointer="", detail=f"header {HEADER}: 1 to 255 visible ASCII characters.")
            raise ProblemError(400, f"the {HEADER} has another form.", code="bad_idempotency_key", errors=[flaw])
        body = await _read(receive)
        # From here on it runs to its end, whoever leaves.
        work = asyncio.create_task(self._settle(scope, body, send, key=key))
        self._running.add(work)
        work.add_done_callback(self._let_go)
        await asyncio.shield(work)

    async def _settle(self, scope: Scope, body: bytes, send: Send, *, key: str) -> None:
        caller = scope["state"]["caller"]
        tenant, query = caller.tenant, scope["query_string"].decode("latin-1")
        # An answer is for whoever asked: another API key may have fewer rights.
        request = f"{caller.key_id} {scope['method']} {route_path(scope)}?{query}\n".encode() + body
        claim = await asyncio.to_thread(self._ledger.claim, tenant, key, hashlib.sha256(request).hexdigest())
        match claim:
            case Begun():
                await self._carry_out(scope, body, send, tenant=tenant, key=key)
            case Answer():
                exchange_of(scope).note(replayed=True)
                replayed = [(b"idempotency-replayed", b"true")]
                await _send(send, claim.status, [*_headers(claim), *replayed], claim.body)
            case Reused():
                detail = f"this {HEADER} stands for another request; take a new one for each."
                raise ProblemError(422, detail, code="idempotency_key_reused")
            case Underway(retry_s):
                detail = "the first request with this key is still being carried out."
                headers = {"Retry-After": str(retry_s)}
                raise ProblemError(409, detail, code="idempotency_key_in_use", headers=headers)

    async def _carry_out(self, scope: Scope, body: bytes, send: Send, *, tenant: str, key: str) -> None:
        caught = _Caught(send)
        renewing = asyncio.create_task(self._renew(tenant, key))
        is_kept = False
        try:
            await self.app(scope, _replay(body), caught.send)
            if 200 <= caught.status < 300 and not caught.is_stream:
                answer = _withheld(scope) if caught.is_secret else caught.answer()
                await asyncio.to_thread(self._ledger.keep, tenant, key, answer)
                is_kept = True
        finally:
            renewing.cancel()
            if not is_kept:
                # Without a database its lease runs out by itself.
                with suppress(StoreUnavailableError):
                    await asyncio.to_thread(self._ledger.release, tenant, key)
        if not caught.is_stream:
            await _send(send, caught.status, caught.headers, b"".join(caught.body))

    def _let_go(self, work: asyncio.Task[None]) -> None:
        self._running.discard(work)
        if not work.cancelled():
            # Where the client has left, nobody else takes the error.
            work.exception()

    async def _renew(self, tenant: str, key: str) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            await asyncio.to_thread(self._ledger.renew, tenant, key)

    async def _is_write(self, scope: Scope) -> bool:
        if not self._writes:
            # Describing every route takes some 100 ms, in which the event loop serves others.
            spec = await asyncio.to_thread(self._openapi)
            self._writes = [(verb, _pattern(path)) for path, verb in writes(spec)]
        path, verb = route_path(scope), scope["method"].lower()
        return any(verb == one and pattern.fullmatch(path) for one, pattern in self._writes)


def writes(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Path and verb of every operation of an OpenAPI file that changes something: the right to read does not do."""
    found = []
    for path, verbs in spec["paths"].items():
        for verb, operation in verbs.items():
            scopes = {scope for way in operation.get("security", ()) for scopes in way.values() for scope in scopes}
            if verb in _VERBS and scopes - {"read"}:
                found.append((path, verb))
    return found


class _Caught:
    """An answer that is held back until it is whole; a stream passes."""

    def __init__(self, send: Send) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.is_stream = self.is_secret = False
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
            self.is_stream = is_stream(message)
            self.is_secret = (b"cache-control", b"no-store") in self.headers
        if self.is_stream:
            await self._send(message)
        else:
            self.body.append(message.get("body", b""))

    def answer(self) -> Answer:
        """The whole of it, to be kept."""
        pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers]
        return Answer(self.status, json.dumps(pairs), b"".join(self.body))


def _withheld(scope: Scope) -> Answer:
    """What is kept in place of an answer that nothing may keep, such as the text of a new API key."""
    detail = "the first request with this key was carried out; its answer held a secret and is not kept."
    problem = problem_response(Request(scope), 409, detail, code="answer_not_kept")
    pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in problem.raw_headers]
    return Answer(problem.status_code, json.dumps(pairs), bytes(problem.body))


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
    # Whoever has left before his body was complete has asked for nothing.
    raise asyncio.CancelledError


def _replay(body: bytes) -> Receive:
    """The body once more; after it nothing: a request with a key is not given up."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    return receive


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in json.loads(answer.headers)]


def _pattern(path: str) -> re.Pattern[str]:
    """Which paths a template means: each of its names stands for a part."""
    return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", path)))
