"""Follows every request: its id, its canonical log line, its metrics, and the 500 of what nobody expected."""

from __future__ import annotations

import traceback
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet_service.exchange import Exchange, open_exchange
from trivet_service.in_flight import is_stream
from trivet_service.logs import Logger
from trivet_service.metrics import Metrics
from trivet_service.problems import problem_response

# Asked every few seconds by machines: counted, but not worth a log line.
_QUIET = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})


class Observe:
    """Stands around every layer that may answer."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, log: Logger) -> None:
        self.app = app
        self.metrics = metrics
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = open_exchange(scope)
        status, sent = 0, 0
        # A stream lasts as long as its reader likes: what it took to begin is its time to the answer.
        began_ms: float | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status, sent, began_ms
            if message["type"] == "http.response.start":
                status = message["status"]
                began_ms = exchange.elapsed_ms() if is_stream(message) else None
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", exchange.request_id.encode())]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            # The message of an error may quote what a user wrote; its place never does.
            trace = traceback.format_tb(error.__traceback__)
            kind = type(error).__name__
            self.log.error("failed", request_id=exchange.request_id, route=_route(scope), error=kind, trace=trace)
            if not status:
                response = problem_response(
                    Request(scope), 500, "an error of ours; the log has it under the request id."
                )
                await response(scope, receive, send_with_id)
        finally:
            # A client that left before the answer counts as 499, as nginx has it.
            self._finish(scope, exchange, status=status or 499, sent=sent, began_ms=began_ms)
            exchange.end()

    def _finish(self, scope: Scope, exchange: Exchange, *, status: int, sent: int, began_ms: float | None) -> None:
        elapsed_ms, route = exchange.elapsed_ms(), _route(scope)
        seconds = (elapsed_ms if began_ms is None else began_ms) / 1000
        self.metrics.count_request(route=route, method=scope["method"], status=status, seconds=seconds)
        if route in _QUIET and status < 400:
            return
        line: dict[str, Any] = {
            "request_id": exchange.request_id,
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": elapsed_ms,
            "bytes": sent,
            **exchange.notes,
        }
        self.log.info("request", **line)


def _route(scope: Scope) -> str:
    """The template of the route, so that neither the log nor the metrics hold what users put into paths."""
    return getattr(scope.get("route"), "path", "unmatched")
