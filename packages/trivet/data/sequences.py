"""Histories as rows: the items of one user as a text, one a line, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trivet.data.cuts import sort_interactions
from trivet.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR = "\n"


def write_history(items: Sequence[str]) -> str:
    """The text of a history given oldest first: where it is too long for a model, its oldest items are cut off."""
    return SEPARATOR.join(reversed(items))


def cut_sequences(interactions: pd.DataFrame, *, length: int) -> pd.DataFrame:
    """Rows to learn from: columns user and history, texts of at most `length` items, every step of a user in one.

    A longer history gives several rows, the last item of one being the first of the next.

    Raises:
        DataError: no user touched two items, or an item's name holds a line break.
    """
    rows = [
        (user, items[max(0, end - length) : end])
        for user, items in _histories(interactions).items()
        for end in range(len(items), 1, 1 - length)
    ]
    return _frame(rows)


def last_sequences(interactions: pd.DataFrame, *, length: int) -> pd.DataFrame:
    """Rows to choose on: each user's last `length` items, of which the very last is to be guessed; columns as above.

    Raises:
        DataError: as `cut_sequences`.
    """
    return _frame([(user, items[-length:]) for user, items in _histories(interactions).items() if len(items) > 1])


def _histories(interactions: pd.DataFrame) -> dict[str, list[str]]:
    ordered = sort_interactions(interactions)
    broken = ordered["item"].str.contains(SEPARATOR, regex=False)
    if broken.any():
        name = str(ordered["item"][broken].iloc[0])
        raise DataError(f"the name of item {name!r} holds a line break.", where="item", todo="Rename it.")
    return {str(user): list(items) for user, items in ordered.groupby("user", sort=False)["item"]}


def _frame(rows: Sequence[tuple[str, Sequence[str]]]) -> pd.DataFrame:
    import pandas as pd

    if not rows:
        raise DataError(
            "no user touched two items.", where="interactions", todo="Give histories of at least two events."
        )
    users, histories = zip(*rows, strict=True)
    return pd.DataFrame({"user": list(users), "history": [write_history(items) for items in histories]}, dtype="str")
