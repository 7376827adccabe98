"""What users did: their histories, what goes together, and what is popular. In memory, derived from the events."""

from __future__ import annotations

import math
from bisect import insort
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from trivet_recommend.store import Event

# How much an event says; whatever is not here counts 1. Below 0: the user does not want the item.
WEIGHTS: Mapping[str, float] = {
    "view": 1.0, "click": 1.0, "cart": 2.0, "like": 3.0, "favourite": 3.0, "favorite": 3.0, "purchase": 4.0,
    "dislike": -1.0, "return": -1.0, "hide": -1.0,
}  # fmt: skip
# Steps of a history that count as done together.
WINDOW = 5
# Events of a user, and companions of an item, that are kept in memory.
LONGEST = 200
COMPANIONS = 400
# After so many seconds an event adds half to what is popular.
POPULAR_FOR_S = 30 * 86_400.0


@dataclass(frozen=True, order=True)
class Seen:
    """An item in a history; sorts by time."""

    time: float
    item: str
    weight: float


class Behaviour:
    """Histories, companions and popularity; the caller keeps changes and readings apart."""

    def __init__(self) -> None:
        self._histories: dict[str, list[Seen]] = defaultdict(list)
        self._companions: dict[str, dict[str, float]] = defaultdict(dict)
        self._counts: dict[str, float] = defaultdict(float)
        self._popularity: dict[str, float] = defaultdict(float)
        self._most = 0.0
        self._epoch: float | None = None

    def record(self, event: Event) -> None:
        """Take an event in; the next answer knows it."""
        weight = WEIGHTS.get(event.event, 1.0)
        history = self._histories[event.user]
        seen = Seen(event.time, event.item, weight)
        insort(history, seen)
        if weight > 0:
            at = history.index(seen)
            for other in history[max(0, at - WINDOW) : at]:
                if other.weight > 0 and other.item != seen.item:
                    self._pair(seen.item, other.item)
            self._count(seen)
        del history[:-LONGEST]

    def history(self, user: str) -> list[Seen]:
        """What a user did, oldest first."""
        return list(self._histories.get(user, ()))

    def companions(self, item: str) -> dict[str, float]:
        """How strongly other items go with one, 0 to about 1: common steps over the root of both items' counts."""
        count = self._counts.get(item, 0.0)
        return {
            other: common / (count * max(self._counts[other], 1.0)) ** 0.5
            for other, common in self._companions.get(item, {}).items()
        }

    def popularity(self, item: str) -> float:
        """How much was done with an item lately, on a logarithmic scale from 0 (nothing) to 1 (the most)."""
        weight = self._popularity.get(item, 0.0)
        return math.log1p(1000.0 * weight / self._most) / math.log1p(1000.0) if weight else 0.0

    def popular(self) -> list[str]:
        """Every item that somebody wanted, in no order."""
        return list(self._popularity)

    def _pair(self, one: str, other: str) -> None:
        for item, companion in ((one, other), (other, one)):
            companions = self._companions[item]
            companions[companion] = companions.get(companion, 0.0) + 1.0
            if len(companions) > 2 * COMPANIONS:
                kept = sorted(companions, key=companions.__getitem__, reverse=True)[:COMPANIONS]
                self._companions[item] = {name: companions[name] for name in kept}

    def _count(self, seen: Seen) -> None:
        if self._epoch is None:
            self._epoch = seen.time
        self._counts[seen.item] += 1.0
        # Weights grow with time instead of all older ones shrinking at every event.
        age = min((seen.time - self._epoch) / POPULAR_FOR_S, 500.0)
        self._popularity[seen.item] += seen.weight * 2.0**age
        self._most = max(self._most, self._popularity[seen.item])
