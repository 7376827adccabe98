"""Which rows a model is judged on where a user names another data set."""

from __future__ import annotations

from trivet.data.paths import is_path
from trivet.recipe.data import Columns, DataRecipe


def rows_to_judge(own: DataRecipe, dataset: str, *, text: str = "", label: str = "") -> DataRecipe:
    """The model's own data recipe for another set; a file of the user's own is test rows as a whole."""
    columns = Columns(text=text, label=label)
    if is_path(dataset):
        return own.model_copy(update={"dataset": dataset, "test": dataset, "columns": columns, "split": "given"})
    return own.model_copy(update={"dataset": dataset, "test": "", "columns": columns})
