"""One attempt to hand a message to a receiver."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivet.errors import TrivetError
from trivet_service.webhooks.delivery import Delivery
from trivet_service.webhooks.schedule import read_retry_after
from trivet_service.webhooks.signing import sign
from trivet_service.webhooks.webhook import Webhook

if TYPE_CHECKING:
    import httpx

_GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What came of it: the status of the answer (None: there was none), and what was wrong (empty: nothing)."""

    response_status: int | None
    error: str
    asked_s: float = 0.0

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has it."""
        return not self.error

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.response_status == _GONE

    @property
    def name(self) -> str:
        """For counters."""
        if self.is_delivered:
            return "delivered"
        return "unreachable" if self.response_status is None else "gone" if self.is_gone else "refused"


def attempt(client: httpx.Client, webhook: Webhook, delivery: Delivery) -> Outcome:
    """Send a delivery once. Of the answer only its head is read: nothing of it is kept or shown to anybody."""
    import httpx

    headers = sign(webhook.secrets, message_id=delivery.id, timestamp=int(time.time()), body=delivery.body)
    headers["content-type"] = "application/json"
    try:
        with client.stream("POST", webhook.url, content=delivery.body.encode(), headers=headers) as answer:
            return _judge(answer.status_code, answer.headers.get("retry-after", ""))
    except TrivetError as error:
        return Outcome(None, error.what)
    except httpx.TimeoutException:
        return Outcome(None, "no answer in time")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Its text may quote the address, which may hold what only the receiver should know.
        return Outcome(None, f"the connection failed ({type(error).__name__})")


def _judge(status: int, retry_after: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome(status, "")
    if 300 <= status < 400:
        return Outcome(status, "the answer is a redirect, which is not followed")
    if status == _GONE:
        return Outcome(status, "the receiver says that it is gone for good")
    return Outcome(status, f"the answer is {status}", read_retry_after(retry_after, now=time.time()))
