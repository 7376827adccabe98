"""Answers that were computed lately, by the tokens they belong to."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import numpy.typing as npt

Rows = dict[str, npt.NDArray[np.float32]]


class RowCache:
    """A bounded map from token ids to output rows; forgets what was not asked for longest. Limit 0 keeps nothing."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        self._rows: OrderedDict[bytes, Rows] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def find(self, key: bytes) -> Rows | None:
        """The rows under a key, which thereby count as used; None where there are none."""
        rows = self._rows.get(key)
        if rows is not None:
            self._rows.move_to_end(key)
        return rows

    def keep(self, key: bytes, rows: Rows) -> None:
        """Put rows under a key; they are shared from now on and therefore made read-only."""
        if self.limit == 0:
            return
        for row in rows.values():
            row.setflags(write=False)
        self._rows[key] = rows
        self._rows.move_to_end(key)
        while len(self._rows) > self.limit:
            self._rows.popitem(last=False)
