"""When a delivery that failed is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from trivet_service.settings import SettingsError

# Share of a wait that chance may add or take away: what failed together is not tried together again.
_JITTER = 0.2
# Longest wait that a receiver may ask for.
_MAX_ASKED_S = 86_400.0


@dataclass(frozen=True)
class Schedule:
    """Seconds to wait after the first failure, the second and so on; after the last one the delivery is dead."""

    waits_s: tuple[float, ...]

    def wait_s(self, attempts: int, *, asked_s: float, chance: random.Random) -> float | None:
        """Seconds until the next attempt after so many; `asked_s` is what the receiver asked for. None: no more."""
        if attempts > len(self.waits_s):
            return None
        planned = self.waits_s[attempts - 1] * chance.uniform(1 - _JITTER, 1 + _JITTER)
        return max(planned, asked_s)


def read_schedule(text: str, *, where: str = "TRIVET_WEBHOOK_RETRY_S") -> Schedule:
    """A schedule of seconds with commas between, such as `5, 30, 120`; empty: one attempt. `where` is its setting.

    Raises:
        SettingsError: an entry is no number of seconds.
    """
    try:
        waits = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise _no_schedule(text, where) from error
    if not all(0 < wait < 1e7 for wait in waits):
        raise _no_schedule(text, where)
    return Schedule(waits)


def read_retry_after(value: str, *, now: float) -> float:
    """Seconds that a header Retry-After asks for, a day at most; 0 where it asks for nothing that makes sense."""
    if value.isascii() and value.strip().isdigit():
        # Digits without end are no number of seconds.
        return min(float(value.strip()[:9]), _MAX_ASKED_S)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds()), _MAX_ASKED_S)


def _no_schedule(text: str, where: str) -> SettingsError:
    return SettingsError(f"{text!r} is no schedule.", where=where, todo="Give seconds with commas: 5, 30, 120.")
