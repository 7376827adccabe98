"""How a server stops: it says so, finishes what it has begun, and hurts nobody who was about to ask."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Drain:
    """Whether the server has been told to stop."""

    def __init__(self) -> None:
        self.has_begun = False
        self._listeners: list[Callable[[], None]] = []

    def begin(self) -> None:
        """From now on `/readyz` fails and every answer closes its connection; may be called in a signal handler."""
        if not self.has_begun:
            self.has_begun = True
            for call in self._listeners:
                call()

    def listen(self, call: Callable[[], None]) -> None:
        """Call `call` when it begins, perhaps in a signal handler: it only wakes somebody up."""
        self._listeners.append(call)


class Farewell:
    """Tells callers in every answer that the connection closes, once the server is stopping."""

    def __init__(self, app: ASGIApp, *, drain: Drain) -> None:
        self.app = app
        self.drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_farewell(message: Message) -> None:
            if self.drain.has_begun and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self.app(scope, receive, send_farewell)
