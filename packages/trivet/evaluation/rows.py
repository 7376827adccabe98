"""The rows that a model is judged on, and what is known about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trivet.data.overlap import Overlap


@dataclass(frozen=True)
class JudgedRows:
    """True labels [N], and for slices other columns by name, each [N].

    `ids` name the rows, by default their number. `train_labels` are the labels of the training rows, for slices by how
    often a label was seen.
    """

    truth: Sequence[str]
    ids: Sequence[str] = ()
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    train_labels: Sequence[str] = ()
    overlap: Overlap | None = None

    @property
    def names(self) -> list[str]:
        """The ids, or the number of each row from 0."""
        return [str(one) for one in self.ids] or [str(row) for row in range(len(self.truth))]
