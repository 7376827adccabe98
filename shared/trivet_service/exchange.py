"""One request and its answer, as the log and the provenance see them."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from trivet_service.privacy.redaction import find_personal

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(eq=False)
class Exchange:
    """Id and start of a request, and what its routes want on the canonical log line; never any text of a user."""

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    notes: dict[str, Any] = field(default_factory=dict)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def note(self, **notes: Any) -> None:
        """Put facts on the canonical log line."""
        self.notes.update(notes)

    def at_end(self, job: Callable[[], None]) -> None:
        """Do something once the answer has gone out; it has to be quick."""
        self.afterwards.append(job)

    def end(self) -> None:
        """The answer has gone out, or never will: do what waited for that."""
        jobs, self.afterwards = self.afterwards, []
        for job in jobs:
            job()

    def elapsed_ms(self) -> float:
        """Milliseconds since the request came."""
        return round(1000 * (time.perf_counter() - self.started), 2)


def open_exchange(scope: MutableMapping[str, Any]) -> Exchange:
    """Begin an exchange; a well-formed `X-Request-Id` that tells nothing personal is kept, else a new id is made."""
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
    is_fit = _REQUEST_ID.fullmatch(given) and not find_personal(given)
    exchange = Exchange(given if is_fit else uuid.uuid4().hex)
    scope.setdefault("state", {})["exchange"] = exchange
    return exchange


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """The exchange that a request belongs to."""
    return scope["state"]["exchange"]
