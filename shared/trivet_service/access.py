"""Whether a request may enter, for whom, and what it may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from trivet_service.callers import Caller as Caller
from trivet_service.doorkeeper import Doorkeeper
from trivet_service.exchange import exchange_of
from trivet_service.keys import Scope
from trivet_service.problems import ProblemError, answer_error
from trivet_service.proxy import is_from_here, route_path
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.tenants import OPERATORS

# They only describe the two ways in the OpenAPI file; `AccessGate` has read the key by then.
_SCHEMES = (
    APIKeyHeader(name="X-API-Key", scheme_name="ApiKey", auto_error=False),
    HTTPBearer(scheme_name="Bearer", auto_error=False),
)
_NAMED = "/v1/t/"


class AccessGate:
    """Asks for a key on every path under /v1 before the body is read, and takes `/v1/t/TENANT/` for `/v1/`.

    The key decides the tenant. A path that names one must agree with it; only a key of the operators may name another.
    """

    def __init__(self, app: ASGIApp, *, doorkeeper: Doorkeeper) -> None:
        self.app = app
        self.doorkeeper = doorkeeper

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not route_path(scope).startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            caller = await self._admit(scope)
        except (ProblemError, StoreUnavailableError) as error:
            response = answer_error(request, error)
        else:
            scope["state"]["caller"] = caller
            exchange_of(scope).note(tenant=caller.tenant, key=caller.key_id)
            await self.app(scope, receive, send)
            return
        await response(scope, receive, send)

    async def _admit(self, scope: AsgiScope) -> Caller:
        if not self.doorkeeper.asks and not is_from_here(scope):
            detail = "this server asks for no keys, so it answers callers on its own machine alone: create keys."
            raise ProblemError(403, detail)
        caller = await self.doorkeeper.identify(presented_key(Headers(scope=scope)))
        if caller is None:
            detail = "no valid API key; send one as X-API-Key or as Authorization: Bearer."
            raise ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
        path = route_path(scope)
        if not path.startswith(_NAMED):
            return caller
        tenant, _, rest = path.removeprefix(_NAMED).partition("/")
        caller = await self._for_tenant(caller, tenant)
        scope["state"]["tenant_path"] = f"{_NAMED}{tenant}"
        scope["path"] = f"{scope.get('root_path', '')}/v1/{rest}"
        scope["raw_path"] = quote(scope["path"]).encode()
        return caller

    async def _for_tenant(self, caller: Caller, tenant: str) -> Caller:
        if tenant == caller.tenant:
            return caller
        if not caller.is_operator:
            raise ProblemError(403, "this key is one of another tenant than the path names.")
        if not await self.doorkeeper.knows_tenant(tenant):
            raise ProblemError(404, "there is no tenant of the name that is in the path.")
        return replace(caller, tenant=tenant)


def presented_key(headers: Headers) -> str:
    """The key that a request brings; empty: none."""
    if key := headers.get("x-api-key"):
        return key.strip()
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def require(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency that gives the caller of a route, and refuses with 403 one whose key lacks the scope."""

    # Asynchronous though it waits for nothing: what is not is run by a thread, at every request.
    async def caller(
        request: Request,
        # Not in the annotations: those are text, read where `scope` is not known.
        _header: object = Security(_SCHEMES[0], scopes=[scope]),
        _bearer: object = Security(_SCHEMES[1], scopes=[scope]),
    ) -> Caller:
        found: Caller = request.state.caller
        if scope not in found.scopes and "admin" not in found.scopes:
            raise ProblemError(403, f"this key lacks the scope {scope!r}.")
        if scope != "admin" and found.tenant == OPERATORS:
            raise ProblemError(403, "this key belongs to no tenant: name one in the path, /v1/t/TENANT/...")
        return found

    return caller


async def _operator(caller: Annotated[Caller, Depends(require("admin"))]) -> Caller:
    if not caller.is_operator:
        raise ProblemError(403, f"only a key of the operators may do this: one of the tenant {OPERATORS!r}.")
    return caller


Reader = Annotated[Caller, Depends(require("read"))]
Writer = Annotated[Caller, Depends(require("write"))]
Trainer = Annotated[Caller, Depends(require("train"))]
Admin = Annotated[Caller, Depends(require("admin"))]
Operator = Annotated[Caller, Depends(_operator)]
