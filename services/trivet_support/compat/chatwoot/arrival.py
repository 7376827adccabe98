"""A message that came some time ago, as the routes of the app would see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request

from trivet_service.callers import Caller
from trivet_service.exchange import open_exchange


@asynccontextmanager
async def arrive(tenant: str, *, request_id: str) -> AsyncIterator[Request]:
    """A request of the tenant under the id of the one that brought the message; what waited for its end is done then.

    So feedback about the answer is given under that id, as after any other.
    """
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/integrations/chatwoot/webhook",
        "query_string": b"",
        "headers": [(b"x-request-id", request_id.encode())],
        "state": {"caller": Caller(tenant, ("read", "write"))},
    }
    exchange = open_exchange(scope)
    try:
        yield Request(scope)
    finally:
        exchange.end()
