"""A message that somebody should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

# Why it is there: the model was unsure of it, or somebody said that its answer was wrong.
Reason: TypeAlias = Literal["uncertain", "corrected"]
State: TypeAlias = Literal["open", "labelled", "discarded"]

# What is kept of a tenant at most; the oldest go.
MAX_OPEN = 5_000
UNSURE = ("clarify", "hand_over", "out_of_scope")


@dataclass(frozen=True)
class Message:
    """A redacted text, what was answered to it last, and how often it came; `corrected` is what somebody said instead.

    Times are seconds since 1970.
    """

    id: str
    text: str
    reason: Reason
    intent: str
    confidence: float | None
    decision: str
    corrected: str
    times: int
    first_at: float
    last_at: float
