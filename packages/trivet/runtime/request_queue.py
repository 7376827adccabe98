"""Which of the waiting texts go into the next batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from trivet.runtime.grid import round_length
from trivet.runtime.tokens import Encoded
from trivet.runtime.waiter import Waiter

# A request that waited longer goes next, whatever the deadlines of the others.
AGE_GUARD_S = 0.010


@dataclass(eq=False)
class Request:
    """A tokenised text, when it came, when its answer is worthless, and who waits for it."""

    encoded: Encoded
    key: bytes
    arrived: float
    deadline: float
    waiters: list[Waiter] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Tokens without padding."""
        return len(self.encoded.ids)

    @property
    def padded(self) -> int:
        """Tokens with the padding that the engine adds to it alone."""
        return round_length(self.length)

    def is_abandoned(self) -> bool:
        """Whether every caller has left."""
        return all(waiter.has_left() for waiter in self.waiters)


class RequestQueue:
    """Requests in order of arrival; the caller holds the lock."""

    def __init__(self, *, max_batch: int, max_tokens: int) -> None:
        self.max_batch = max_batch
        self.max_tokens = max_tokens
        self.tokens = 0
        self._waiting: list[Request] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, request: Request) -> None:
        """Put a request at the end."""
        self._waiting.append(request)
        self.tokens += request.padded

    def batches(self, *, extra: int = 0) -> int:
        """About how many batches the queue makes, with one more request of `extra` tokens."""
        requests = len(self) + (1 if extra else 0)
        return max(-(-requests // self.max_batch), -(-(self.tokens + extra) // self.max_tokens))

    def drop(self, now: float) -> tuple[list[Request], list[Request]]:
        """Take out those that nobody waits for, and those whose deadline has passed."""
        abandoned, late, kept = [], [], []
        for request in self._waiting:
            if request.is_abandoned():
                abandoned.append(request)
            elif request.deadline < now:
                late.append(request)
            else:
                kept.append(request)
        self._keep(kept)
        return abandoned, late

    def take(self, now: float) -> list[Request]:
        """Take out the next batch: the nearest deadline, or the oldest past the age guard, and what goes with it."""
        if not self._waiting:
            return []
        by_deadline = sorted(self._waiting, key=lambda request: request.deadline)
        oldest = self._waiting[0]
        head = oldest if now - oldest.arrived > AGE_GUARD_S else by_deadline[0]
        batch, longest = [head], head.padded
        for request in by_deadline:
            if len(batch) == self.max_batch:
                break
            if request is head or not goes_with(request.length, head.length):
                continue
            if (len(batch) + 1) * max(longest, request.padded) <= self.max_tokens:
                batch.append(request)
                longest = max(longest, request.padded)
        chosen = {id(request) for request in batch}
        self._keep([request for request in self._waiting if id(request) not in chosen])
        return batch

    def _keep(self, requests: list[Request]) -> None:
        self._waiting = requests
        self.tokens = sum(request.padded for request in requests)


def padded_tokens(batch: Sequence[Request]) -> int:
    """Tokens that the engine sees: rows times the longest, padded."""
    return len(batch) * max((request.padded for request in batch), default=0)


def goes_with(length: int, other: int) -> bool:
    """Whether two lengths may share a batch: within 25 % or 2 tokens of each other, or padded alike anyway."""
    shorter, longer = sorted((length, other))
    return longer <= max(1.25 * shorter, shorter + 2) or round_length(shorter) == round_length(longer)
