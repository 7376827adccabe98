"""How long an answer may take, whatever it waits for."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.datasets.upload import is_upload
from trivet_service.problems import problem_response


class Deadline:
    """Gives up a request that has not begun to answer after `seconds`: its work is cancelled, the answer is a 503.

    The last resort behind the deadlines of the batcher, which know how long a text will take. What has begun to answer
    may go on: a stream has no deadline. Work that a thread does is finished all the same. An upload has `upload_s`.
    """

    def __init__(self, app: ASGIApp, *, seconds: float, upload_s: float) -> None:
        self.app = app
        self.seconds = seconds
        self.upload_s = upload_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seconds = self.upload_s if is_upload(scope) else self.seconds
        clock = asyncio.timeout(seconds)

        async def send_in_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                clock.reschedule(None)
            await send(message)

        try:
            async with clock:
                await self.app(scope, receive, send_in_time)
        except TimeoutError:
            if not clock.expired():
                raise
            detail = f"no answer within {seconds:g} s; what it waited for is given up."
            response = problem_response(Request(scope), 503, detail, code="timed_out", headers={"Retry-After": "1"})
            await response(scope, receive, send)
