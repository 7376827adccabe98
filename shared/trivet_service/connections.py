"""One connection: how long and how large the head of a request may be, and what is said of one that is no HTTP."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trivet_service.problems import MEDIA_TYPE, make_problem

# An extension of the scope: a function that lets a reader go who takes nothing. What is sent from then on waits for
# nobody, and the connection closes behind it: when all has been taken, or after the seconds that are given.
PART = "trivet.part"
# Far above what browsers and proxies send.
MAX_HEAD_BYTES = 65_536


def connections(*, head_s: float) -> type[HttpToolsProtocol]:
    """The protocol of connections that get `head_s` seconds for the head of a request, from its first byte or from
    the moment they open."""

    class Connection(_Connection):
        seconds = head_s

    return Connection


class _Connection(HttpToolsProtocol):
    seconds: float

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._waiting: asyncio.TimerHandle | None = None
        self._parting: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, error: Exception | None) -> None:
        self._expect_nothing()
        if self._parting is not None:
            self._parting.cancel()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waiting is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(
                    431, f"the head of the request is larger than {MAX_HEAD_BYTES} bytes.", code="head_too_large"
                )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {PART: self._part}  # type: ignore[dict-item]
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._expect_nothing()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "this is not HTTP/1.1.", code="bad_request")

    def _part(self, seconds: float) -> None:
        if self._parting is None:
            self.cycle.keep_alive = False
            self.flow.resume_writing()
            self._parting = self.loop.call_later(seconds, self.transport.abort)

    def _expect_head(self) -> None:
        if self._waiting is None:
            self._head_bytes = 0
            self._waiting = self.loop.call_later(self.seconds, self._give_up)

    def _expect_nothing(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        detail = f"the head of the request took longer than {self.seconds:g} s."
        if self._head_bytes:
            self._refuse(408, detail, code="too_slow")
        else:
            self.transport.close()

    def _refuse(self, status: int, detail: str, *, code: str) -> None:
        """Say what is wrong and close; without a word where an answer to an earlier request is on its way."""
        self._expect_nothing()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_problem(status, detail, code=code))
        self.transport.close()


def _problem(status: int, detail: str, *, code: str) -> bytes:
    problem = make_problem(status, detail, code=code, request_id=uuid.uuid4().hex)
    body = problem.model_dump_json().encode()
    head = f"HTTP/1.1 {status} {problem.title}\r\nContent-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
