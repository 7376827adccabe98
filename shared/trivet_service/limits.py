"""How large a request may be, and how long its body may take to arrive."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.datasets.upload import is_upload
from trivet_service.problems import Flaw, ProblemError, problem_response

# Far above what any model reads, so that a long text is truncated and reported; low enough to be tokenised in some
# 50 ms.
MAX_CHARACTERS = 100_000
# For what costs rows of the graph a word.
MAX_SHORT_CHARACTERS = 4_096


def _refuse_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is blank")
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS), AfterValidator(_refuse_blank)]
ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_SHORT_CHARACTERS), AfterValidator(_refuse_blank)
]


class BodyLimit:
    """Refuses a body over the limit by its Content-Length, or while it streams in; and one that comes too slowly.

    An upload has limits of its own.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, seconds: float, upload_bytes: int, upload_s: float) -> None:
        self.app = app
        self.usual = (max_bytes, seconds)
        self.upload = (upload_bytes, upload_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, seconds = self.upload if is_upload(scope) else self.usual
        too_large = f"the body is larger than {most} bytes."
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > most:
            response = problem_response(Request(scope), 413, too_large)
            await response(scope, receive, send)
            return
        seen, is_complete = 0, False
        last = asyncio.get_running_loop().time() + seconds

        async def receive_within() -> Message:
            nonlocal seen, is_complete
            try:
                async with asyncio.timeout_at(None if is_complete else last):
                    message = await receive()
            except TimeoutError as error:
                detail = f"the body took longer than {seconds:g} s to arrive."
                raise ProblemError(408, detail, headers={"Connection": "close"}) from error
            is_complete = not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > most:
                raise ProblemError(413, too_large)
            return message

        await self.app(scope, receive_within, send)


def check_batch(count: int, *, limit: int, pointer: str) -> None:
    """Refuse a list of more than `limit` entries.

    Raises:
        ProblemError: 413 with a pointer to the list.
    """
    if count > limit:
        flaw = Flaw(pointer=pointer, detail=f"{count} entries; at most {limit} go into one request.")
        raise ProblemError(413, f"more than {limit} entries in one request.", code="batch_too_large", errors=[flaw])
