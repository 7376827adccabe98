"""Times as answers show them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def moment(seconds: float) -> datetime: ...
@overload
def moment(seconds: float | None) -> datetime | None: ...
def moment(seconds: float | None) -> datetime | None:
    """The time in UTC so many seconds after 1970 began; None: never."""
    # Pydantic would take large numbers for milliseconds.
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
