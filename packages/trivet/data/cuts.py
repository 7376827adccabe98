"""Cuts of a frame in two: rows that are kept and rows that are held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from trivet.errors import DataError


class Cut(NamedTuple):
    """Two frames without a row in common that together are the whole, each in the order of the whole."""

    kept: pd.DataFrame
    held: pd.DataFrame


def cut_stratified(frame: pd.DataFrame, *, share: float, seed: int) -> Cut:
    """Holds out `share` of the rows, of every label in proportion; a label with two rows or more is in both parts.

    A label's only row is kept. Which rows of a label are held out is drawn with `seed`.
    """
    generator = np.random.default_rng(seed)
    positions = frame.reset_index(drop=True).groupby("label", sort=True).indices
    quotas = _quotas([len(rows) for rows in positions.values()], share=share)
    held = [generator.permutation(rows)[:quota] for rows, quota in zip(positions.values(), quotas)]
    return _apart(frame, np.concatenate(held) if held else np.array([], dtype=np.int64))


def cut_label_sets(frame: pd.DataFrame, *, share: float, seed: int) -> Cut:
    """Holds out `share` of the rows so that every label is held out in proportion, where a text may have several.

    Iterative stratification (Sechidis et al. 2011, "On the stratification of multi-label data"): the rows of the label
    that is rarest among those not yet dealt are dealt first, each to the part that lacks most of that label. Rows
    without a label come last. A label's only row is kept.
    """
    generator = np.random.default_rng(seed)
    sets = frame["labels"].tolist()
    names = sorted({label for labels in sets for label in labels})
    places = {label: at for at, label in enumerate(names)}
    hot = np.zeros((len(sets), len(names)), dtype=bool)
    for row, labels in enumerate(sets):
        hot[row, [places[label] for label in labels]] = True
    lacking = share * hot.sum(axis=0)
    rows_lacking = round(share * len(sets))
    held: list[int] = []
    open_ = np.ones(len(sets), dtype=bool)
    while (left := hot[open_].sum(axis=0)).any():
        rarest = int(np.argmin(np.where(left > 0, left, len(sets) + 1)))
        for row in generator.permutation(np.flatnonzero(hot[:, rarest] & open_)):
            open_[row] = False
            if lacking[rarest] > 0.5 and rows_lacking > 0:
                held.append(int(row))
                lacking[hot[row]] -= 1
                rows_lacking -= 1
    rest = generator.permutation(np.flatnonzero(~hot.any(axis=1)))[: max(rows_lacking, 0)]
    return _apart(frame, np.array([*held, *rest.tolist()], dtype=np.int64))


def cut_numbers(frame: pd.DataFrame, *, share: float, seed: int) -> Cut:
    """Holds out `share` of the rows, drawn with `seed`; whole groups where the frame names the group of its rows."""
    if "group" in frame:
        return cut_grouped(frame, share=share, seed=seed)
    return _apart(frame, np.random.default_rng(seed).permutation(len(frame))[: round(share * len(frame))])


def cut_grouped(frame: pd.DataFrame, *, share: float, seed: int) -> Cut:
    """Holds out whole groups, drawn with `seed`, until `share` of the rows is reached as nearly as the groups allow.

    Raises:
        DataError: no column `group`, a row without a group, or a single group.
    """
    _require(frame, "group", flag="--group")
    groupless = frame[frame["group"].str.strip() == ""]
    if not groupless.empty:
        raise DataError(
            f"{len(groupless)} rows have no group, the first of them {str(groupless['text'].iloc[0])[:40]!r}.",
            where="data.split",
            todo="Give every row a group; a row of its own may have a group of its own.",
        )
    sizes = frame["group"].value_counts().sort_index()
    if len(sizes) < 2:
        raise DataError("all rows are of one group.", where="data.split", todo="Name another column with --group.")
    order = np.random.default_rng(seed).permutation(len(sizes))
    wanted = share * len(frame)
    held: list[str] = []
    rows = 0
    for index in order[:-1]:
        size = int(sizes.iloc[index])
        # A group that would overshoot by more than it brings nearer is left; the first drawn is always taken.
        if not held or abs(rows + size - wanted) < abs(rows - wanted):
            held.append(str(sizes.index[index]))
            rows += size
    return _apart(frame, np.flatnonzero(frame["group"].isin(held).to_numpy()))


def cut_time(frame: pd.DataFrame, *, share: float) -> Cut:
    """Holds out the latest rows, about `share` of them; rows of one moment stay together.

    Raises:
        DataError: no column `time`, or all rows of one moment.
    """
    _require(frame, "time", flag="--time")
    times = frame["time"].sort_values(kind="stable").reset_index(drop=True)
    if times.iloc[0] == times.iloc[-1]:
        raise DataError("all rows are of one moment.", where="data.split", todo="Name another column with --time.")
    position = min(len(times) - 1, max(1, len(times) - round(share * len(times))))
    first = times.iloc[position]
    if first == times.iloc[0]:
        first = times[times > first].iloc[0]
    return _apart(frame, np.flatnonzero((frame["time"] >= first).to_numpy()))


def cut_last_out(frame: pd.DataFrame) -> Cut:
    """Holds out the last interaction of every user who has two or more; ties go by (time, item).

    Items compare as numbers where all identifiers are numbers, else as text: `9` comes before `10`.
    """
    last = sort_interactions(frame.reset_index(drop=True)).groupby("user", sort=False).tail(1).index.to_numpy()
    counts = frame["user"].map(frame["user"].value_counts()).to_numpy()
    return _apart(frame, np.sort(last[counts[last] >= 2]))


def cut_shuffled(frame: pd.DataFrame, *, share: float, seed: int) -> Cut:
    """Holds out what scikit-learn's `train_test_split(test_size=share, random_state=seed)` does, without scikit-learn.

    That is the first ceil(share * rows) of a permutation by numpy's legacy generator, as published splits are.
    The kept rows stay in the order of that permutation, on which a second cut of them depends.
    """
    order = np.random.RandomState(seed).permutation(len(frame))
    count = math.ceil(share * len(frame))
    return Cut(frame.iloc[order[count:]].reset_index(drop=True), frame.iloc[order[:count]].reset_index(drop=True))


def sort_interactions(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows by (user, time, item), the order in which a user's history is read; the index goes along."""
    items = frame["item"]
    numeric = bool(items.str.fullmatch(r"[0-9]{1,18}").all())
    keyed = frame.assign(_item=items.astype("int64") if numeric else items)
    return keyed.sort_values(["user", "time", "_item"], kind="stable").drop(columns="_item")


def _quotas(sizes: Sequence[int], *, share: float) -> list[int]:
    """Rows to hold out of each label: proportional, at least one and not all of two or more, by largest remainders."""
    quotas = [min(max(int(share * size), 1), size - 1) for size in sizes]
    missing = round(share * sum(sizes)) - sum(quotas)
    by_remainder = sorted(range(len(sizes)), key=lambda index: share * sizes[index] - quotas[index], reverse=True)
    for index in by_remainder[: max(missing, 0)]:
        quotas[index] += int(quotas[index] < sizes[index] - 1)
    return quotas


def _apart(frame: pd.DataFrame, held: npt.NDArray[np.int64]) -> Cut:
    mask = np.zeros(len(frame), dtype=bool)
    mask[held] = True
    return Cut(frame[~mask].reset_index(drop=True), frame[mask].reset_index(drop=True))


def _require(frame: pd.DataFrame, column: str, *, flag: str) -> None:
    if column not in frame:
        raise DataError(
            f"this split needs a column of {column}s.",
            where="data.split",
            todo=f"Name it with {flag} (data.columns.{column}).",
        )
