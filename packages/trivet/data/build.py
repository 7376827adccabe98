"""From raw rows to the checked frame of a table."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trivet.data.columns import choose_columns
from trivet.data.formats.raw import RawRows
from trivet.data.frames import build_text_frame
from trivet.data.interactions import EVENT_ROLES, ITEM_ROLES, build_interactions, build_items
from trivet.data.pair_rows import build_pairs, is_pairs
from trivet.data.tagged import ROLES, build_tagged_frame
from trivet.errors import DataError
from trivet.recipe.data import DataRecipe

OUT_OF_SCOPE = "out_of_scope"
TEXTS = "texts"
ITEM_TEXTS = ("text", "title", "description")


def build_frame(
    table: str,
    raw: RawRows,
    recipe: DataRecipe,
    *,
    card_columns: Mapping[str, str] | None = None,
    label_names: Mapping[str, str] | None = None,
    label: str = "",
    interactions: bool = False,
    tagging: bool = False,
    may_overlap: bool = False,
) -> pd.DataFrame:
    """The frame of a table of this name: texts with labels or spans, pairs, interactions, items, or bare `texts`.

    Columns are those of the recipe, else of the card, else guessed.

    Raises:
        DataError: a missing column, or a bad row.
    """
    if table != TEXTS and not interactions and not tagging and is_pairs(raw, recipe):
        return build_pairs(raw)
    named = {**(card_columns or {}), **{role: name for role, name in recipe.columns.model_dump().items() if name}}
    available = list(raw.columns)
    if table == "items":
        # The recipe's `text` is that of the events' file, if any; a catalogue says itself what its columns are.
        own = card_columns or _named_if_there(named, raw)
        chosen = choose_columns(available, roles=ITEM_ROLES, named=own, file=raw.file, required=("item",))
        if not any(role in chosen for role in ITEM_TEXTS):
            raise DataError(
                f"no column is plainly the text of an item; the file has {', '.join(map(repr, available))}.",
                where=raw.file,
                todo="Name a column text, title or description.",
            )
        return build_items(raw, columns=chosen)
    if interactions:
        chosen = choose_columns(
            available, roles=EVENT_ROLES, named=named, file=raw.file, required=("user", "item", "time")
        )
        event = "rating" if named.get("value") or chosen.get("value", "").casefold() == "rating" else "interaction"
        return build_interactions(raw, columns=chosen, event=event)
    if tagging and table != TEXTS:
        roles = [*ROLES, "time"] if named.get("time") or recipe.split == "time" else ROLES
        chosen = choose_columns(available, roles=roles, named=named, file=raw.file, required=("text", "spans"))
        return build_tagged_frame(raw, columns=chosen, may_overlap=may_overlap)
    return _texts(table, raw, recipe, named=named, label_names=label_names or {}, label=label)


def is_interactions(raw: RawRows, recipe: DataRecipe) -> bool:
    """Whether a file without a card is one of interactions: the recipe says so, or its columns can be nothing else."""
    if recipe.items or recipe.columns.user or recipe.columns.item:
        return True
    if recipe.columns.text or recipe.columns.label:
        return False
    found = choose_columns(list(raw.columns), roles=("text", "label", "user", "item", "time"), named={}, file=raw.file)
    return "text" not in found and {"user", "item", "time"} <= set(found)


def is_tagging(raw: RawRows, recipe: DataRecipe) -> bool:
    """Whether a file without a card is one of spans: the recipe names their column, or there are lists and no label."""
    if recipe.columns.spans:
        return True
    if recipe.target:
        return False
    found = choose_columns(list(raw.columns), roles=("label", "spans"), named={}, file=raw.file)
    if recipe.columns.label or "label" in found or "spans" not in found:
        return False
    return any(isinstance(value, list) for value in raw.columns[found["spans"]])


def _texts(
    table: str,
    raw: RawRows,
    recipe: DataRecipe,
    *,
    named: Mapping[str, str],
    label_names: Mapping[str, str],
    label: str,
) -> pd.DataFrame:
    roles = ["text", "group", "kind", "id", *(["context"] if named.get("context") in raw.columns else [])]
    required = ["text"]
    if table.startswith(OUT_OF_SCOPE):
        # What is out of scope has one label here, whatever the file calls it, and needs no column of it.
        label = OUT_OF_SCOPE
        named = {role: name for role, name in named.items() if name in raw.columns}
    elif table == TEXTS:
        named = {role: name for role, name in named.items() if role == "text" or name in raw.columns}
    elif not label:
        role = recipe.target or "label"
        roles.insert(1, role)
        required.append(role)
        named = {**named, role: named.get("label", "")}
    # A column of times is read only when somebody wants it: an odd date must not stop who does not care for it.
    if named.get("time") or (recipe.split == "time" and len(required) > 1):
        roles.append("time")
    chosen = choose_columns(list(raw.columns), roles=roles, named=named, file=raw.file, required=required)
    return build_text_frame(raw, columns=chosen, label=label, label_names=label_names)


def _named_if_there(named: Mapping[str, str], raw: RawRows) -> dict[str, str]:
    return {role: name for role, name in named.items() if name in raw.columns and role in ITEM_ROLES}
