"""A data set: named tables that are read only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from trivet.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["classification", "interactions", "tagging", "multilabel", "regression", "pairs"]
Source = Literal["mirror", "cache", "origin", "file", "package"]


@dataclass(frozen=True)
class Licence:
    """What the owner of a data set allows; `commercial` False: research only."""

    name: str
    commercial: bool
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Loaded:
    """A checked table and the sha256 of the (unpacked) bytes it was read from."""

    frame: pd.DataFrame
    sha256: str


@dataclass(frozen=True)
class Table:
    """A table whose file is opened by the first use of `loaded`, and not before."""

    read: Callable[[], Loaded]

    @cached_property
    def loaded(self) -> Loaded:
        """The rows, read and checked once.

        Raises:
            DataError: the file is missing or damaged, or holds a bad row.
        """
        return self.read()


@dataclass(frozen=True)
class Dataset:
    """Tables by name, where they came from and what may be done with them.

    A classification set has `train` and, where the set has them, `validation`, `test` and `out_of_scope_train`,
    `out_of_scope_validation`, `out_of_scope_test`, with the columns text, label, line and optionally group, time, kind,
    id. In the place of label, a multilabel set has labels (a sorted tuple of names), one of regression number, and one
    of tagging spans and optionally context; a set of pairs has anchor and positive (and more that begin with negative)
    in the place of text and label. A set of interactions has `interactions` (user, item, event, value, time,
    line) and `items` (item, text, title, category, line and optionally added_at).
    `line` is the line of the row in its file, `frame.attrs["file"]` that file.
    """

    name: str
    kind: Kind
    licence: Licence
    source: Source
    tables: Mapping[str, Table]

    def frame(self, table: str) -> pd.DataFrame:
        """The rows of one table; only this table's file is opened.

        Raises:
            DataError: the set has no such table, or its file is missing, damaged or holds a bad row.
        """
        # Copy-on-write makes this copy free and keeps one caller's changes from the next.
        return self._table(table).loaded.frame.copy(deep=False)

    def sha256(self, table: str) -> str:
        """Hash of the bytes that the table comes from: the same whether they were packed or not."""
        return self._table(table).loaded.sha256

    def _table(self, table: str) -> Table:
        if table not in self.tables:
            raise DataError(
                f"has no table {table!r}, only {', '.join(self.tables)}.",
                where=self.name,
                todo="Choose one of those, or give the rows by a path of their own (`data.test`, `data.items`).",
            )
        return self.tables[table]
