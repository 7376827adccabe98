"""Reads every body as JSON, so that a plain `curl -d` works."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from trivet_service.proxy import route_path


class JsonBodies:
    """Takes a body without a content type, or with the one that curl sends, for JSON.

    Not where a browser names an origin: a foreign page may send such bodies unasked, but JSON only where the server
    allows it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and route_path(scope).startswith("/v1/"):
            headers = Headers(scope=scope)
            kind = headers.get("content-type", "application/x-www-form-urlencoded").partition(";")[0].strip()
            if kind == "application/x-www-form-urlencoded" and "origin" not in headers:
                MutableHeaders(scope=scope)["content-type"] = "application/json"
        await self.app(scope, receive, send)
