"""Where what was imported is kept: a data set that is trained on now and again later, and the bot's entities."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trivet_support.switching.imported import Imported, Names, Row

# A file an entity, named as it is: the body of `PUT /v1/entities/NAME`.
ENTITIES = "entities"
# As many as a declaration may have.
_MOST_VALUES, _MOST_SYNONYMS, _MOST_PATTERNS, _MOST_DESCRIBED = 1000, 50, 20, 500
# What such an address may hold.
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,55}")


def keep(imported: Imported, folder: Path) -> Path:
    """Write the parts as CSV files of a data set, in place of what an earlier import left there."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for part, rows in imported.parts.items():
        if rows:
            _write(fresh / f"{part}.csv", rows, has_labels=not part.startswith("out_of_scope"))
    for number, names in enumerate(imported.entities, 1):
        for name, declared in declare(names, number=number).items():
            path = fresh / ENTITIES / f"{name}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(declared, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return folder


def declare(names: Names, *, number: int) -> dict[str, Mapping[str, Any]]:
    """An entity as declarations by name: its values as a list, and its patterns, under a name of their own beside it.

    A name that no address may hold becomes one with `number`, and stands in the description. An entity of which the bot
    knows neither is one that Rasa's model found by its surroundings: it has no declaration.
    """
    is_fit = _NAME.fullmatch(names.entity) is not None
    name = names.entity if is_fit else f"entity_{number}"
    about = {} if is_fit else {"description": names.entity[:_MOST_DESCRIBED]}
    declared: dict[str, Mapping[str, Any]] = {}
    if names.values:
        values = [
            {"value": value, "synonyms": list(others)[:_MOST_SYNONYMS]}
            for value, others in list(names.values.items())[:_MOST_VALUES]
        ]
        declared[name] = {"kind": "list", "values": values, **about}
    if names.patterns:
        own = f"{name}_pattern" if names.values else name
        declared[own] = {"kind": "pattern", "patterns": list(names.patterns)[:_MOST_PATTERNS], **about}
    return declared


def _write(path: Path, rows: Sequence[Row], *, has_labels: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"] if has_labels else ["text"])
        writer.writerows([row.text, row.label] if has_labels else [row.text] for row in rows)
