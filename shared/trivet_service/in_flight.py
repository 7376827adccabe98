"""How many requests are worked on at once."""

from __future__ import annotations

import math
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.problems import problem_response
from trivet_service.proxy import route_path

_COUNTED = ("/v1/", "/integrations/")
# How much the latest request moves the mean.
_SHARE = 0.05


class InFlight:
    """Refuses a request under /v1, or of a peer without a key, while `most` others are worked on.

    Before its body is read, so that memory stays bounded.
    `Retry-After` is the mean time of recent requests: by then most of those others have gone. An event stream counts
    until it begins; those who only listen keep nobody out.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self.most = most
        self._count = 0
        self._mean_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not route_path(scope).startswith(_COUNTED):
            await self.app(scope, receive, send)
            return
        if self._count >= self.most:
            headers = {"Retry-After": str(max(1, math.ceil(self._mean_s)))}
            detail = f"{self.most} requests are being worked on."
            response = problem_response(Request(scope), 429, detail, headers=headers)
            await response(scope, receive, send)
            return
        started, is_inside = time.monotonic(), True
        self._count += 1

        def leave() -> None:
            nonlocal is_inside
            if is_inside:
                is_inside = False
                self._count -= 1

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start" and is_stream(message):
                leave()
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        finally:
            if is_inside:
                self._mean_s += _SHARE * (time.monotonic() - started - self._mean_s)
            leave()


def is_stream(message: Message) -> bool:
    """Whether an answer that begins is an event stream."""
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"]
    )
