"""Fills a shop from a data set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet_recommend.shops import Shops
from trivet_recommend.store import Event, Item
from trivet_service.settings import ServiceSettings

if TYPE_CHECKING:
    import pandas as pd

TENANT = "default"
_AT_ONCE = 5000


def load_dataset(shops: Shops, name: str, settings: ServiceSettings) -> tuple[int, int]:
    """Put the items and events of a data set of interactions, by name or path, into the default tenant's shop.

    What is there already is not added twice. Returns how many items and new events there were.

    Raises:
        DataError: no such data set, or not one of interactions.
    """
    # Only a server that is told to load a data set needs pandas.
    from trivet.data.sources import open_dataset

    trained_on = shops.model.artifact.recipe.data
    recipe = trained_on if trained_on.dataset == name else DataRecipe(dataset=name)
    dataset = open_dataset(recipe, settings)
    if dataset.kind != "interactions":
        raise DataError("it holds no interactions.", where=name, todo="Load a set with users, items and events.")
    items = list(_items(dataset.frame("items")))
    shops.store.put_items(TENANT, items)
    shop = shops.of(TENANT)
    shops.embed(TENANT, [item for item in items if shop.item(item.item) != item])
    events = list(_events(dataset.frame("interactions"), name))
    added = sum(
        len(shops.record(TENANT, events[start : start + _AT_ONCE])) for start in range(0, len(events), _AT_ONCE)
    )
    return len(items), added


def _items(frame: pd.DataFrame) -> Iterator[Item]:
    added = _seconds(frame, "added_at") if "added_at" in frame else [0.0] * len(frame)
    columns = _columns(frame, "item", "text", "title", "category")
    for item, text, title, category, added_at in zip(*columns, added, strict=True):
        yield Item(item, text, title, category, added_at)


def _events(frame: pd.DataFrame, name: str) -> Iterator[Event]:
    columns = _columns(frame, "line", "user", "item", "event", "value")
    for line, user, item, event, value, time in zip(*columns, _seconds(frame, "time"), strict=True):
        # The line makes an event of a file count once, however often the file is loaded.
        yield Event(f"{name}:{line}", user, item, event, value, time)


def _columns(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    return [frame[name].tolist() for name in names]


def _seconds(frame: pd.DataFrame, name: str) -> list[float]:
    return [float(moment) for moment in frame[name].astype("datetime64[us, UTC]").astype("int64") / 1e6]
