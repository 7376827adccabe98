"""Pairs of texts that belong together, read off behaviour: what one user touched within a short window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trivet.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def pair_behaviour(
    interactions: pd.DataFrame, items: pd.DataFrame, *, window: int, limit: int, seed: int
) -> pd.DataFrame:
    """Positive pairs for contrastive training: columns `anchor` and `positive` (texts), `anchor_item`, `positive_item`.

    An item and each of the `window` items that the same user touched next are a pair, repeats of one item left out.
    Popular pairs are kept as often as they occur; where there are more than `limit`, a seeded sample is drawn.

    Raises:
        DataError: no user touched two different items, or an item of the behaviour has no text.
    """
    texts = dict(zip(items["item"], items["text"], strict=True))
    ordered = interactions.sort_values(["user", "time", "item"], kind="stable")
    unknown = sorted(set(ordered["item"]) - set(texts))
    if unknown:
        raise DataError(
            f"{len(unknown)} items of the behaviour have no text, {unknown[0]!r} first.",
            where="items",
            todo="Add them to the catalogue, or leave their events out.",
        )
    users, touched = ordered["user"].to_numpy(), ordered["item"].to_numpy()
    left, right = [], []
    for step in range(1, window + 1):
        together = (users[:-step] == users[step:]) & (touched[:-step] != touched[step:])
        left.append(touched[:-step][together])
        right.append(touched[step:][together])
    anchors, positives = np.concatenate(left), np.concatenate(right)
    if len(anchors) == 0:
        raise DataError(
            "no user touched two different items.", where="interactions", todo="Give histories of at least two events."
        )
    if len(anchors) > limit:
        chosen = np.sort(np.random.default_rng(seed).choice(len(anchors), size=limit, replace=False))
        anchors, positives = anchors[chosen], positives[chosen]
    return _frame(anchors, positives, texts)


def _frame(anchors: np.ndarray, positives: np.ndarray, texts: dict[str, str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "anchor": [texts[item] for item in anchors],
            "positive": [texts[item] for item in positives],
            "anchor_item": anchors,
            "positive_item": positives,
        }
    )
