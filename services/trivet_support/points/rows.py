"""Rows of a data set that an operating point is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trivet.errors import DataError, InputError
from trivet_service.datasets.shelf import Shelf

if TYPE_CHECKING:
    from trivet_service.settings import ServiceSettings


def read_rows(
    settings: ServiceSettings, tenant: str, name: str, table: str, *, most: int
) -> tuple[Sequence[str], Sequence[str]]:
    """Texts and labels of a table of the tenant's own set, else of a public one; of more than `most` every nth.

    Raises:
        InputError: there is no such set or table, or a row of it is bad; `where` is a JSON pointer.
    """
    # Reading rows takes pandas, which a server that measures nothing does without.
    from trivet.data.sources import open_dataset
    from trivet.recipe.data import DataRecipe

    found = Shelf(settings.home, tenant).find(name)
    place = name if found is None else str(Shelf(settings.home, tenant).folder(name, found.version))
    roles = {} if found is None else dict(found.columns)
    try:
        recipe = DataRecipe.model_validate({"dataset": place} | ({"columns": roles} if roles else {}))
        dataset = open_dataset(recipe, settings.model_copy(update={"offline": True}))
        if table not in dataset.tables:
            raise InputError(f"{name} has no table {table}: it has {', '.join(dataset.tables)}.", where="/table")
        rows = dataset.frame(table)
    except DataError as error:
        raise InputError(f"{name} cannot be read: {error.what}", where="/dataset") from error
    if "label" not in rows or "text" not in rows:
        raise InputError(f"{name} has no texts with one intent each.", where="/dataset")
    step = -(-len(rows) // most) if len(rows) else 1
    chosen = rows.iloc[::step]
    return [str(text) for text in chosen["text"]], [str(label) for label in chosen["label"]]
