"""One tenant's catalogue and behaviour, ready to answer."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trivet.answers.similarity import Shares
from trivet.runtime.vector_index import VectorIndex
from trivet_recommend.behaviour import Behaviour, Seen
from trivet_recommend.item_text import categories_of
from trivet_recommend.ladder import Pick, Rung, rank_personal, rank_popular, recent_steps
from trivet_recommend.store import Event, Item


@dataclass(frozen=True)
class Choice:
    """What to recommend, and on which rung of the ladder that was decided."""

    rung: Rung
    picks: tuple[Pick, ...]


class Shop:
    """Items, and what users did with them; changes show in the next answer."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._behaviour = Behaviour()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._items)

    def describe(self, items: Sequence[Item]) -> None:
        """Take items into the catalogue, or replace those of the same name."""
        with self._lock:
            self._items |= {item.item: item for item in items}

    def record(self, events: Sequence[Event]) -> None:
        """Take events in."""
        with self._lock:
            for event in events:
                self._behaviour.record(event)

    def item(self, name: str) -> Item | None:
        """An item by name."""
        return self._items.get(name)

    def has_text(self, item: Item) -> bool:
        """Whether the item is here under this very text."""
        known = self._items.get(item.item)
        return known is not None and known.text == item.text

    def has_events(self, name: str) -> bool:
        """Whether anybody did anything with an item."""
        with self._lock:
            return self._behaviour.popularity(name) > 0.0

    def recommend(
        self,
        index: VectorIndex,
        shares: Shares,
        *,
        user: str,
        session: Sequence[str],
        n: int,
        excluded: Collection[str],
        category: str,
    ) -> Choice:
        """The `n` best items: for a user with a history, else for a session's items, else what is popular.

        Which are alike an index tells; `shares` weigh that against what users took together and what is popular.
        Items of the history are not recommended again, nor those in `excluded`, nor those outside `category` where one
        is given.
        """
        with self._lock:
            history = self._behaviour.history(user) if user else []
            rung: Rung = "personal" if user else "session"
            if not history:
                history = [Seen(float(at), item, 1.0) for at, item in enumerate(session)]
            steps = recent_steps(history, index)
            barred = {*excluded, *(seen.item for seen in history)}
            allowed = self._in_category(category) if category else None
            picks = (
                rank_personal(steps, self._behaviour, index, shares, barred=barred, allowed=allowed, n=n)
                if steps
                else []
            )
            if steps:
                return Choice(rung, tuple(picks))
            added = {name: item.added_at for name, item in self._items.items()}
            popular = rank_popular(self._behaviour, added, barred=barred, allowed=allowed, n=n)
            return Choice("popular", tuple(popular))

    def _in_category(self, category: str) -> set[str]:
        wanted = category.strip().casefold()
        return {name for name, item in self._items.items() if wanted in categories_of(item.category)}
