"""The k-core of a set of interactions."""

from __future__ import annotations

import pandas as pd

from trivet.errors import DataError


def filter_core(interactions: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """The largest part of the interactions in which every user and every item has at least `least`; order is kept.

    Users and items below the bar are dropped in turn until none is left: dropping an item can put a user below it.

    Raises:
        DataError: nothing is left.
    """
    rows = interactions
    while True:
        enough = pd.Series(data=True, index=rows.index)
        for column in ("user", "item"):
            enough &= rows[column].map(rows[column].value_counts()) >= least
        if enough.all():
            break
        rows = rows[enough]
    if rows.empty and least > 0:
        raise DataError(
            f"no user and item have {least} interactions with each other's like.",
            where=str(interactions.attrs.get("file", "interactions")),
            todo="Lower the bar, or give more events.",
        )
    return rows.reset_index(drop=True)
