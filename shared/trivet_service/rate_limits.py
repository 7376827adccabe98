"""How often a key may call: `TRIVET_RATE`, such as `600/minute` or `20/second; 600/minute`."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trivet.errors import TrivetError
from trivet_service.problems import problem_response
from trivet_service.proxy import client_host

if TYPE_CHECKING:
    from limits import RateLimitItem

    from trivet_service.access import Caller


class RateError(TrivetError):
    """A rate that says nothing."""


def read_rates(text: str) -> list[RateLimitItem]:
    """Rates such as `20/second; 600/minute`, none for an empty text.

    Raises:
        RateError: it is not a number a time.
    """
    if not text.strip():
        return []
    from limits import parse_many

    try:
        rates = parse_many(text)
    except ValueError as error:
        rates = []
        trouble: Exception | None = error
    else:
        trouble = None
    if not rates or any(rate.amount < 1 for rate in rates):
        what, todo = f"{text!r} is not a rate.", "Write 600/minute, or 20/second; 600/minute."
        raise RateError(what, where="TRIVET_RATE", todo=todo) from trouble
    return rates


class RateLimits:
    """Counts the requests of every key (where no keys are asked for: of every address) in a sliding window.

    Every answer tells the tightest limit: `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` in seconds, and
    `RateLimit-Policy` all of them (draft-ietf-httpapi-ratelimit-headers-06). Each process counts for itself.
    """

    def __init__(self, app: ASGIApp, *, rates: Sequence[RateLimitItem]) -> None:
        from limits.aio.storage import MemoryStorage
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        self.app = app
        self.rates = tuple(rates)
        self._policy = ", ".join(f"{rate.amount};w={rate.get_expiry()}" for rate in rates).encode()
        self._counts = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller | None = scope.get("state", {}).get("caller")
        if scope["type"] != "http" or caller is None:
            await self.app(scope, receive, send)
            return
        who = caller.key_id or f"address {client_host(scope)}"
        refused = await self._refusing(who)
        headers, reset_s = await self._tell(who)

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if refused is None:
            await self.app(scope, receive, send_with_limits)
            return
        detail = f"more than {refused.amount} requests in {refused.get_expiry()} s."
        retry = {"Retry-After": str(max(1, reset_s))}
        response = problem_response(Request(scope), 429, detail, code="rate_limited", headers=retry)
        await response(scope, receive, send_with_limits)

    async def _refusing(self, who: str) -> RateLimitItem | None:
        """Count a request; the first rate that it would break, which then has counted it in none."""
        for rate in self.rates:
            if not await self._counts.test(rate, who):
                return rate
        for rate in self.rates:
            await self._counts.hit(rate, who)
        return None

    async def _tell(self, who: str) -> tuple[list[tuple[bytes, bytes]], int]:
        """The headers about the rate of which the smallest share is left, and the seconds until more is."""
        found = [(rate, await self._counts.get_window_stats(rate, who)) for rate in self.rates]
        rate, stats = min(found, key=lambda pair: pair[1].remaining / pair[0].amount)
        reset_s = max(0, math.ceil(stats.reset_time - time.time()))
        headers = [
            (b"ratelimit-limit", str(rate.amount).encode()),
            (b"ratelimit-remaining", str(stats.remaining).encode()),
            (b"ratelimit-reset", str(reset_s).encode()),
            (b"ratelimit-policy", self._policy),
        ]
        return headers, reset_s
