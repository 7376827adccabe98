"""Rows that contradict each other: the same text with different labels."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from trivet.data.frames import shorten
from trivet.data.overlap import normalise
from trivet.errors import DataError

SHOWN = 3
# Above this share of the rows no model can be right on most of them.
MOST = 0.5


@dataclass(frozen=True)
class Conflicts:
    """How many of `total` rows have a text that also stands with another label, and the first few such texts."""

    rows: int
    total: int
    examples: tuple[str, ...]

    @property
    def is_majority(self) -> bool:
        """Whether more rows contradict each other than not."""
        return self.rows > MOST * self.total

    def line(self) -> str:
        """For a person; empty where no row contradicts another."""
        if not self.rows:
            return ""
        return (
            f"{self.rows} of {self.total} training rows have a text that also stands with another label:"
            f" {'; '.join(self.examples)}"
        )


def find_conflicts(rows: pd.DataFrame) -> Conflicts:
    """The contradictions among rows of text and label; letter case, punctuation and blanks do not tell texts apart."""
    texts, labels = rows["text"].map(normalise), rows["label"]
    pairs = pd.DataFrame({"text": texts, "label": labels})
    several = pairs.groupby("text", sort=False)["label"].nunique()
    torn = several.index[several > 1]
    examples = tuple(
        f"{shorten(str(rows['text'][found].iloc[0]))} ({', '.join(sorted(set(labels[found])))})"
        for found in ((texts == text).to_numpy(dtype=bool) for text in torn[:SHOWN])
    )
    return Conflicts(int(texts.isin(torn).sum()), len(rows), examples)


def check_conflicts(rows: pd.DataFrame, *, where: str) -> Conflicts:
    """The contradictions among rows of text and label, few enough to learn from.

    Raises:
        DataError: most rows contradict another; names the first texts with their labels.
    """
    found = find_conflicts(rows)
    if found.is_majority:
        raise DataError(
            f"{found.line()}.",
            where=where,
            todo="Is --label the right column? Where a text has several labels, task.kind = 'multilabel' reads a list.",
        )
    return found
