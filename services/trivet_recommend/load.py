"""Fills the store from a data set, in a process of its own: the one that serves need not hold what reading takes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet_recommend.store import Event, Item, RecommendStore, recommend_domain
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database

if TYPE_CHECKING:
    import pandas as pd

TENANT = "default"
_AT_ONCE = 5000


def load_apart(recipe: DataRecipe, settings: ServiceSettings) -> tuple[int, int]:
    """As `load_dataset`, in another process, which takes pandas and its memory with it when it ends."""
    # A fork would inherit the threads of the engine in whatever state they are.
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as apart:
        return apart.submit(load_dataset, recipe, settings).result()


def load_dataset(recipe: DataRecipe, settings: ServiceSettings) -> tuple[int, int]:
    """Put the items and events of a data set of interactions, by name or path, into the default tenant's store.

    What is there already is not added twice. Returns how many items and new events there were.

    Raises:
        DataError: no such data set, or not one of interactions.
        StoreError: the database cannot be opened.
    """
    from trivet.data.sources import open_dataset

    dataset = open_dataset(recipe, settings)
    if dataset.kind != "interactions":
        todo = "Load a set with users, items and events."
        raise DataError("it holds no interactions.", where=recipe.dataset, todo=todo)
    database = Database(settings.store_url)
    database.open([recommend_domain()])
    try:
        store = RecommendStore(database)
        items = list(read_items(dataset.frame("items")))
        store.put_items(TENANT, items)
        events = list(read_events(dataset.frame("interactions"), recipe.dataset))
        added = sum(
            len(store.add_events(TENANT, events[start : start + _AT_ONCE])) for start in range(0, len(events), _AT_ONCE)
        )
    finally:
        database.close()
    return len(items), added


def read_items(frame: pd.DataFrame) -> Iterator[Item]:
    """The items of a table of the core."""
    added = _seconds(frame, "added_at") if "added_at" in frame else [0.0] * len(frame)
    columns = _columns(frame, "item", "text", "title", "category")
    for item, text, title, category, added_at in zip(*columns, added, strict=True):
        yield Item(item, text, title, category, added_at)


def read_events(frame: pd.DataFrame, name: str) -> Iterator[Event]:
    """The events of a table of the core, by the name of the set and the line."""
    columns = _columns(frame, "line", "user", "item", "event", "value")
    for line, user, item, event, value, time in zip(*columns, _seconds(frame, "time"), strict=True):
        # The line makes an event of a file count once, however often the file is loaded.
        yield Event(f"{name}:{line}", user, item, event, value, time)


def _columns(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    return [frame[name].tolist() for name in names]


def _seconds(frame: pd.DataFrame, name: str) -> list[float]:
    return [float(moment) for moment in frame[name].astype("datetime64[us, UTC]").astype("int64") / 1e6]
