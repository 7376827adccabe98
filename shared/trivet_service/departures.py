"""Stops working for a client that has left."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Departures:
    """Cancels a request when its connection closes, so that what it still has in a queue is dropped.

    Work that a thread does is finished all the same: an event that is being stored is stored.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        work = asyncio.current_task()
        assert work is not None, "an app runs in a task"
        has_left = False
        watching: asyncio.Task[None] | None = None

        async def watch() -> None:
            nonlocal has_left
            while (await receive())["type"] != "http.disconnect":
                pass
            has_left = True
            work.cancel()

        async def receive_body() -> Message:
            nonlocal watching
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False) and watching is None:
                # The body is complete: the next message can only be that the client has left.
                watching = asyncio.create_task(watch())
            return message

        try:
            await self.app(scope, receive_body, send)
        except asyncio.CancelledError:
            if not has_left:
                raise
            work.uncancel()
        finally:
            if watching is not None:
                watching.cancel()
