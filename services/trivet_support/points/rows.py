"""Rows of a data set that an operating point is measured on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from trivet.errors import DataError, InputError
from trivet.recipe.data import DataRecipe
from trivet_service.datasets.shelf import DataSet, Shelf

if TYPE_CHECKING:
    import pandas as pd

    from trivet_service.settings import ServiceSettings


def read_rows(
    settings: ServiceSettings, tenant: str, name: str, table: str, *, most: int
) -> tuple[Sequence[str], Sequence[str]]:
    """Texts and labels of a table of the tenant's own set, else of a public one; of more than `most` every nth.

    Raises:
        InputError: there is no such set or table, or a row of it is bad; `where` is a JSON pointer.
    """
    own = Shelf(settings.home, tenant).find(name)
    try:
        rows = (
            _read(DataRecipe(dataset=name), settings, name, table)
            if own is None
            else _own(settings, tenant, own, table)
        )
    except DataError as error:
        raise InputError(f"{name} cannot be read: {error.what}", where="/dataset") from error
    if "label" not in rows or "text" not in rows:
        raise InputError(f"{name} has no texts with one intent each.", where="/dataset")
    chosen = rows.iloc[:: max(1, -(-len(rows) // most))]
    return [str(text) for text in chosen["text"]], [str(label) for label in chosen["label"]]


def _own(settings: ServiceSettings, tenant: str, own: DataSet, table: str) -> pd.DataFrame:
    """A table of an uploaded set, whose file alone is a set that consists of training rows."""
    if table not in own.tables:
        raise _no_table(own.name, table, own.tables)
    file = Shelf(settings.home, tenant).folder(own.name, own.version) / f"{table}.{own.tables[table].format}"
    values = {"dataset": str(file)} | ({"columns": dict(own.columns)} if own.columns else {})
    return _read(DataRecipe.model_validate(values), settings, own.name, "train")


def _read(recipe: DataRecipe, settings: ServiceSettings, name: str, table: str) -> pd.DataFrame:
    # Reading rows takes pandas, which a server that measures nothing does without.
    from trivet.data.sources import open_dataset

    dataset = open_dataset(recipe, settings.model_copy(update={"offline": True}))
    if table not in dataset.tables:
        raise _no_table(name, table, dataset.tables)
    return dataset.frame(table)


def _no_table(name: str, table: str, tables: Iterable[str]) -> InputError:
    return InputError(f"{name} has no table {table}: it has {', '.join(tables)}.", where="/table")
