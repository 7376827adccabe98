"""Users' histories as indexes into a catalogue, with the last item of each held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Histories:
    """Per user: what came before (item indexes, oldest first) and the item to be guessed; `items` are the names."""

    items: tuple[str, ...]
    users: tuple[str, ...]
    before: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]


def hold_out_last(train: pd.DataFrame, test: pd.DataFrame, items: pd.DataFrame) -> Histories:
    """Histories from `train` of the users of `test` (one row a user); users without history are left out."""
    names = tuple(items["item"])
    place = {name: index for index, name in enumerate(names)}
    ordered = train.sort_values(["user", "time", "item"], kind="stable")
    before = {user: tuple(place[item] for item in rows) for user, rows in ordered.groupby("user", sort=False)["item"]}
    asked = [
        (user, place[item])
        for user, item in zip(test["user"], test["item"], strict=True)
        if user in before and item in place
    ]
    return Histories(
        items=names,
        users=tuple(user for user, _ in asked),
        before=tuple(before[user] for user, _ in asked),
        targets=tuple(int(target) for _, target in asked),
    )


def all_histories(train: pd.DataFrame, items: pd.DataFrame) -> list[list[int]]:
    """Every user's items in time order, as indexes; for baselines that learn from behaviour."""
    place = {name: index for index, name in enumerate(items["item"])}
    ordered = train.sort_values(["user", "time", "item"], kind="stable")
    codes = ordered["item"].map(place).to_numpy(dtype=np.int64)
    return [list(codes[rows]) for rows in ordered.reset_index(drop=True).groupby("user", sort=False).indices.values()]
