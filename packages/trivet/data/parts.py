"""Several data sets as one: each keeps its tables under a name of its own."""

from __future__ import annotations

from collections.abc import Mapping

from trivet.data.dataset import Dataset, Licence
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


def open_parts(parts: Mapping[str, DataRecipe], settings: Settings) -> Dataset:
    """The data sets of the parts with their tables as PART.TABLE; commercial only where all of them are.

    Raises:
        DataError: as `open_dataset`, or a part that is no set of texts with one label each.
    """
    opened = {name: open_dataset(recipe, settings) for name, recipe in parts.items()}
    for name, dataset in opened.items():
        if dataset.kind != "classification":
            raise DataError(
                f"is a set of {dataset.kind}, and a part wants texts with one label each.",
                where=f"task.parts {name}",
                todo="Choose another data set.",
            )
    licences = list(dict.fromkeys(dataset.licence.name for dataset in opened.values()))
    return Dataset(
        name=", ".join(dataset.name for dataset in opened.values()),
        kind="classification",
        licence=Licence(", ".join(licences), all(dataset.licence.commercial for dataset in opened.values())),
        source=next(iter(opened.values())).source,
        tables={f"{name}.{table}": rows for name, dataset in opened.items() for table, rows in dataset.tables.items()},
    )


def part_of(dataset: Dataset, name: str) -> Dataset:
    """One of the data sets again, its tables under their plain names."""
    own = f"{name}."
    tables = {table.removeprefix(own): rows for table, rows in dataset.tables.items() if table.startswith(own)}
    return Dataset(name, dataset.kind, dataset.licence, dataset.source, tables)
