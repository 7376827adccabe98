"""Which rows a model learns from, and how they are cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from trivet.recipe.section import Section

# What the column of labels holds: one label, several (`a|b`, `a;b` or JSON) or a number.
Target = Literal["", "label", "labels", "number"]
# By kind of task, and of the data set that it learns from.
TARGETS: Mapping[str, Target] = {"classification": "label", "multilabel": "labels", "regression": "number"}
SplitKind = Literal["given", "stratified", "grouped", "time", "leave_last_out"]


class Columns(Section):
    """Which column of the reader's file plays which part; empty: what the data card says, or a guess."""

    text: str = ""
    label: str = ""
    group: str = ""
    time: str = ""
    user: str = ""
    item: str = ""
    event: str = ""
    spans: str = ""
    context: str = ""


class DataRecipe(Section):
    """A data set by name or path, its columns and its splits."""

    dataset: str = Field(
        min_length=1, description="A name that `trivet data list` prints, or a path to CSV, JSONL or Parquet."
    )
    test: str = Field(
        "", description="A path to test rows; empty: the data set's own test split, or one cut from its rows."
    )
    items: str = Field("", description="A path to the catalogue of a set of interactions: item, text.")
    columns: Columns = Columns()
    target: Target = Field(
        "", description="What the label's column holds: `label`, `labels` (a|b) or `number`; the task says it."
    )
    split: SplitKind = Field("given", description="`given`: the set's own splits where it has them, else stratified.")
    test_share: float = Field(0.2, gt=0, lt=1, description="Share of rows cut for the test where the set has none.")
    validation_share: float = Field(
        0.1, gt=0, lt=0.5, description="Share of the training rows that choices are made on."
    )
    shots: int = Field(0, ge=0, description="Rows a label to learn from; 0: all.")
    core: int = Field(
        0, ge=0, description="Keep users and items with so many interactions, again and again until all have; 0: all."
    )
    seed: int = Field(13, description="Seed of the splits; not the seed of training.")
