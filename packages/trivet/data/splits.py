"""Which rows are learned from, chosen on and tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
import pandas as pd

from trivet.data.core_filter import filter_core
from trivet.data.cuts import (
    Cut,
    cut_grouped,
    cut_label_sets,
    cut_last_out,
    cut_numbers,
    cut_shuffled,
    cut_stratified,
    cut_time,
)
from trivet.data.dataset import Dataset
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class TrainingRows:
    """Rows to fit on and rows to choose on; the test is neither."""

    train: pd.DataFrame
    validation: pd.DataFrame


def training_rows(dataset: Dataset, recipe: DataRecipe) -> pd.DataFrame:
    """The rows to learn from: the set's own training part, or what the cut of `test_rows` keeps; then `shots` a label.

    A set's own test file is not opened, unless the recipe asks to cut the whole set anew (`data.split`).

    Raises:
        DataError: a bad row, or a split that the set's columns do not allow.
    """
    rows = _frame(dataset, "train") if _is_given(dataset, recipe) else _cut_test(dataset, recipe).kept
    if recipe.shots and dataset.kind == "classification":
        return take_shots(rows, shots=recipe.shots, seed=recipe.seed)
    return rows


def test_rows(dataset: Dataset, recipe: DataRecipe) -> pd.DataFrame:
    """The rows a model is judged on: the set's own test, or the held-out part of a cut that is the same every time.

    Raises:
        DataError: as `training_rows`.
    """
    return _frame(dataset, "test") if _is_given(dataset, recipe) else _cut_test(dataset, recipe).held


def catalogue_rows(dataset: Dataset, recipe: DataRecipe) -> pd.DataFrame:
    """The items to rank: the whole catalogue, or with `core` the items that the core keeps."""
    items = dataset.frame("items")
    if not recipe.core:
        return items
    return items[items["item"].isin(_interactions(dataset, recipe)["item"])].reset_index(drop=True)


def outlier_rows(dataset: Dataset) -> pd.DataFrame | None:
    """Training rows that the set marks as out of scope; None where it has none.

    Raises:
        DataError: a bad row.
    """
    return dataset.frame("out_of_scope_train") if "out_of_scope_train" in dataset.tables else None


def split_validation(rows: pd.DataFrame, recipe: DataRecipe, *, dataset: Dataset | None = None) -> TrainingRows:
    """The rows cut by `recipe.split` and `validation_share`; with `dataset`, its own validation part where it has one.

    Raises:
        DataError: too few rows to hold any out, or a split that the columns do not allow.
    """
    if dataset is not None and recipe.split == "given" and "validation" in dataset.tables:
        return TrainingRows(rows, dataset.frame("validation"))
    # Another stream than that of the test cut, or the same draw would decide twice.
    cut = _cut(rows, recipe, share=recipe.validation_share, seed=recipe.seed + 1)
    if cut.held.empty or cut.kept.empty:
        raise DataError(
            f"{len(rows)} rows are too few to hold out a validation part.",
            where="data.validation_share",
            todo="Give more rows: at least one label (or user) needs two.",
        )
    return TrainingRows(cut.kept, cut.held)


def take_shots(rows: pd.DataFrame, *, shots: int, seed: int) -> pd.DataFrame:
    """At most `shots` rows of every label, drawn with `seed`, in the order of the rows."""
    generator = np.random.default_rng(seed)
    positions = rows.reset_index(drop=True).groupby("label", sort=True).indices
    chosen = [generator.permutation(found)[:shots] for found in positions.values()]
    return rows.iloc[np.sort(np.concatenate(chosen))].reset_index(drop=True)


def _interactions(dataset: Dataset, recipe: DataRecipe) -> pd.DataFrame:
    rows = dataset.frame("interactions")
    return filter_core(rows, least=recipe.core) if recipe.core else rows


def _is_given(dataset: Dataset, recipe: DataRecipe) -> bool:
    return "test" in dataset.tables and (recipe.split == "given" or bool(recipe.test))


def _cut_test(dataset: Dataset, recipe: DataRecipe) -> Cut:
    if dataset.kind == "interactions":
        return _cut(_interactions(dataset, recipe), recipe, share=recipe.test_share, seed=recipe.seed)
    # `given` without a test of its own: the training part is cut, and a validation part stays what it is.
    parts = ("train",) if recipe.split == "given" else PARTS
    frames = [dataset.frame(part) for part in parts if part in dataset.tables]
    rows = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    return _cut(rows, recipe, share=recipe.test_share, seed=recipe.seed)


def _cut(rows: pd.DataFrame, recipe: DataRecipe, *, share: float, seed: int) -> Cut:
    is_interactions = "user" in rows
    match recipe.split:
        case "given":
            return cut_last_out(rows) if is_interactions else _cut_texts(rows, share=share, seed=seed)
        case "stratified":
            if is_interactions:
                todo = "Use leave_last_out or time."
                raise DataError("interactions have no labels to stratify by.", where="data.split", todo=todo)
            return _cut_texts(rows, share=share, seed=seed)
        case "grouped":
            return cut_grouped(rows, share=share, seed=seed)
        case "time":
            return cut_time(rows, share=share)
        case "leave_last_out":
            if not is_interactions:
                todo = "Use stratified, grouped or time."
                raise DataError("texts with labels have no users.", where="data.split", todo=todo)
            return cut_last_out(rows)
        case _:
            assert_never(recipe.split)


def _cut_texts(rows: pd.DataFrame, *, share: float, seed: int) -> Cut:
    """Rows of every label in proportion; texts with spans have no label to go by, and pairs go by whole anchors."""
    if "anchor" in rows:
        kept, held = cut_grouped(rows.assign(group=rows["anchor"]), share=share, seed=seed)
        return Cut(kept.drop(columns="group"), held.drop(columns="group"))
    if "labels" in rows:
        return cut_label_sets(rows, share=share, seed=seed)
    if "number" in rows:
        return cut_numbers(rows, share=share, seed=seed)
    cut = cut_shuffled if "spans" in rows else cut_stratified
    return cut(rows, share=share, seed=seed)


def _frame(dataset: Dataset, part: str) -> pd.DataFrame:
    """A part of a set; what a set of interactions with a test of its own learns from is all its interactions."""
    return dataset.frame("interactions" if part == "train" and dataset.kind == "interactions" else part)
