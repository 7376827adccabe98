"""Who calls, and whether they may."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from trivet_service.exchange import exchange_of
from trivet_service.keys import SCOPES, Key, KeyFile, Scope, key_id_of
from trivet_service.problems import ProblemError, problem_response
from trivet_service.proxy import route_path

# Verified keys that are remembered by their SHA-256, so that the slow hash runs once a key and process.
_REMEMBERED = 1024

# They only describe the two ways in the OpenAPI file; `AccessGate` has read the key by then.
_SCHEMES = (
    APIKeyHeader(name="X-API-Key", scheme_name="ApiKey", auto_error=False),
    HTTPBearer(scheme_name="Bearer", auto_error=False),
)


@dataclass(frozen=True)
class Caller:
    """Whose data a request may see and what it may do."""

    tenant: str
    scopes: tuple[str, ...]
    key_id: str = ""


EVERYBODY = Caller("default", SCOPES)


class Doorkeeper:
    """Tells callers by their keys, following changes of the key file. Without a file everybody may enter."""

    def __init__(self, keys: KeyFile | None) -> None:
        self.keys = keys
        self._stamp: tuple[int, int, int] | None = None
        self._known: dict[str, Key] = {}
        self._verified: dict[bytes, str] = {}
        self._used: dict[str, datetime] = {}

    async def identify(self, presented: str) -> Caller | None:
        """The caller whose valid key was presented, or None."""
        if self.keys is None:
            return EVERYBODY
        self._follow_file(self.keys)
        digest = hashlib.sha256(presented.encode()).digest()
        key = self._known.get(self._verified.get(digest) or key_id_of(presented))
        now = datetime.now(UTC)
        if key is None or not key.is_valid(now):
            return None
        if digest not in self._verified:
            # The hash takes about 10 ms, in which the event loop serves others.
            if not await asyncio.to_thread(key.matches, presented):
                return None
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[digest] = key.id
        self._used[key.id] = now
        return Caller(key.tenant, key.scopes, key.id)

    def write_uses(self) -> None:
        """Write into the key file when keys were last used."""
        used, self._used = self._used, {}
        if used and self.keys is not None:
            self.keys.note_use(used)

    def _follow_file(self, keys: KeyFile) -> None:
        try:
            status = keys.path.stat()
        except FileNotFoundError:
            self._stamp, self._known, self._verified = None, {}, {}
            return
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            self._known, self._verified, self._stamp = keys.read(), {}, stamp


class AccessGate:
    """Asks for a key on every path under /v1 before the body is read."""

    def __init__(self, app: ASGIApp, *, doorkeeper: Doorkeeper) -> None:
        self.app = app
        self.doorkeeper = doorkeeper

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not route_path(scope).startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        caller = await self.doorkeeper.identify(_presented(Headers(scope=scope)))
        if caller is None:
            detail = "no valid API key; send one as X-API-Key or as Authorization: Bearer."
            response = problem_response(Request(scope), 401, detail, headers={"WWW-Authenticate": "Bearer"})
            await response(scope, receive, send)
            return
        scope["state"]["caller"] = caller
        exchange_of(scope).note(tenant=caller.tenant, key=caller.key_id)
        await self.app(scope, receive, send)


def _presented(headers: Headers) -> str:
    if key := headers.get("x-api-key"):
        return key.strip()
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def require(scope: Scope) -> Callable[..., Caller]:
    """A dependency that gives the caller of a route, and refuses with 403 one whose key lacks the scope."""

    def caller(
        request: Request,
        _header: Annotated[object, Depends(_SCHEMES[0])],
        _bearer: Annotated[object, Depends(_SCHEMES[1])],
    ) -> Caller:
        found: Caller = request.state.caller
        if scope not in found.scopes and "admin" not in found.scopes:
            raise ProblemError(403, f"this key lacks the scope {scope!r}.")
        return found

    return caller


Reader = Annotated[Caller, Depends(require("read"))]
Writer = Annotated[Caller, Depends(require("write"))]
Trainer = Annotated[Caller, Depends(require("train"))]
