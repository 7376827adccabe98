"""The newest events of a tenant, kept in memory for the streams that follow it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from trivet_service.streams.event import Event

# Whoever is further behind reads the database.
MAX_EVENTS = 256
_MAX_BYTES = 1_048_576


class Tail:
    """Read once a process, however many streams follow; `position` is the number of the last event it has seen."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.followers: set[Callable[[], None]] = set()
        self._events: deque[Event] = deque()
        self._bytes = 0

    def extend(self, events: Sequence[Event]) -> None:
        """Add newer events, the oldest first, and wake those who follow; those it has seen are passed over."""
        events = [event for event in events if event.sequence > self.position]
        if not events:
            return
        if events[0].sequence != self.position + 1:
            # More came at once than is kept.
            self._events.clear()
            self._bytes = 0
        self._events.extend(events)
        self._bytes += sum(len(event.data) for event in events)
        self.position = events[-1].sequence
        while self._events and (len(self._events) > MAX_EVENTS or self._bytes > _MAX_BYTES):
            self._bytes -= len(self._events.popleft().data)
        for wake in self.followers:
            wake()

    def after(self, position: int) -> list[Event] | None:
        """The events behind a number; None where not all of them are here."""
        behind = self.position - position
        if behind <= 0:
            return []
        if behind > len(self._events):
            return None
        return [self._events[at] for at in range(len(self._events) - behind, len(self._events))]
