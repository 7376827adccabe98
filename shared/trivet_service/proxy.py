"""Behind a reverse proxy: the prefix that the app lies under there, and paths without it."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from trivet_service.doors import is_loopback

# Where a proxy says for whom it asks.
_CLIENTS = ("x-forwarded-for", "x-real-ip")


class RootPath:
    """Puts the prefix in front of the path, whether the proxy has cut it off or not.

    So `path` is what the caller sees, as ASGI has it, and what stands in problems and Location headers leads back
    through the proxy.
    """

    def __init__(self, app: ASGIApp, *, root: str) -> None:
        self.app = app
        self.root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.root:
            scope["root_path"] = self.root
            if not _lies_under(scope["path"], self.root):
                scope["path"] = self.root + scope["path"]
                scope["raw_path"] = self.root.encode() + scope.get("raw_path", b"")
        await self.app(scope, receive, send)


def route_path(scope: Scope) -> str:
    """The path without the prefix of a proxy: what routes and rules are about."""
    path, root = str(scope["path"]), scope.get("root_path", "")
    return path.removeprefix(root) if root and _lies_under(path, root) else path


def location(scope: Scope, path: str) -> str:
    """A path of the app as the value of a Location header; relative to the host, so whichever name it is called by.

    Where the request has named a tenant in its path, this one names it too.
    """
    named = scope.get("state", {}).get("tenant_path", "")
    if named and path.startswith("/v1"):
        path = named + path.removeprefix("/v1")
    return f"{scope.get('root_path', '')}{path}"


def asked_path(scope: Scope) -> str:
    """The path as the caller has written it, with the prefix of a proxy and the tenant that it named."""
    return location(scope, route_path(scope))


def client_host(scope: Scope) -> str:
    """The address of the caller, behind the proxies that are trusted; empty where there is none."""
    client: tuple[str, Any] | None = scope.get("client")
    return client[0] if client else ""


def is_from_here(scope: Scope) -> bool:
    """Whether a request comes from this machine, and no proxy on it says that it asks for somebody elsewhere."""
    headers = Headers(scope=scope)
    named = [address for name in _CLIENTS for value in headers.getlist(name) for address in value.split(",")]
    return all(is_loopback(address.strip()) for address in (client_host(scope), *named))


def _lies_under(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")
