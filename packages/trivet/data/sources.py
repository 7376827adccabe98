"""A data set by name or path."""

from __future__ import annotations

from pathlib import Path

from trivet.data.cards import read_card
from trivet.data.dataset import Dataset
from trivet.data.named import open_named
from trivet.data.paths import is_path, open_path, read_table
from trivet.data.target import with_target
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


def open_dataset(recipe: DataRecipe, settings: Settings) -> Dataset:
    """The data set that a recipe names; tables are read when asked for.

    A name comes from the first place that has its files: the mirror (TRIVET_DATA), the cache, the origin. `data.test`
    and `data.items` put files of the reader's own in the place of those tables.

    Raises:
        DataError: an unknown name (with the closest ones), a path where nothing is, missing columns, files that are
            nowhere or damaged; bad rows show when their table is asked for.
    """
    if is_path(recipe.dataset):
        return open_path(Path(recipe.dataset).expanduser(), recipe)
    dataset = open_named(read_card(recipe.dataset), recipe, settings)
    recipe = with_target(recipe, dataset.kind, name=dataset.name)
    own = {"test": recipe.test, "items": recipe.items}
    for table, path in own.items():
        if path and table == "items" and dataset.kind != "interactions":
            raise DataError("data.items is for sets of interactions.", where=dataset.name, todo="Leave it out.")
    interactions, tagging = dataset.kind == "interactions", dataset.kind == "tagging"
    tables = {
        table: read_table(
            Path(path).expanduser(), table=table, recipe=recipe, interactions=interactions, tagging=tagging
        )
        for table, path in own.items()
        if path
    }
    return Dataset(dataset.name, dataset.kind, dataset.licence, dataset.source, {**dataset.tables, **tables})
