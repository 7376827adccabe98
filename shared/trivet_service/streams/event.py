"""One event of a tenant, as readers and webhooks get it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Event:
    """Something that happened. `sequence` counts a tenant's events from 1, none left out; `data` is JSON as text."""

    sequence: int
    topic: str
    type: str
    subject: str
    time: float
    request_id: str
    data: str

    def body(self) -> str:
        """The event as one line of JSON: the same text for everybody and for every attempt."""
        told = {
            "type": self.type,
            "timestamp": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds"),
            "sequence": self.sequence,
            "topic": self.topic,
            "subject": self.subject,
            "request_id": self.request_id,
        }
        # What was stored as JSON is not read and written again.
        return f'{json.dumps(told, separators=(",", ":"))[:-1]},"data":{self.data}}}'
