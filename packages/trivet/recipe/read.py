"""Reads a recipe from TOML and names the line of a knob that is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trivet.errors import RecipeError
from trivet.recipe.recipe import Recipe


def read_recipe(path: Path, *, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe in a TOML file, with dotted overrides (`method.kind`) on top.

    Raises:
        RecipeError: the file is missing, is not TOML, or a knob is unknown or out of range; names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            f"cannot read the recipe ({error.strerror}).", where=str(path), todo="Give the path of a TOML file."
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"not valid TOML: {error}.", where=str(path), todo="Mend that line.") from error
    return build_recipe(values, overrides=overrides, source=str(path), text=text)


def build_recipe(
    values: Mapping[str, Any], *, overrides: Mapping[str, Any] | None = None, source: str = "recipe", text: str = ""
) -> Recipe:
    """A checked recipe from plain values; `text` is the TOML they came from, to name lines.

    Raises:
        RecipeError: a knob is unknown or out of range.
    """
    merged = _copy(values)
    for dotted, value in (overrides or {}).items():
        _put(merged, dotted.split("."), value)
    try:
        return Recipe.model_validate(merged)
    except ValidationError as error:
        raise _explain(error, merged=merged, source=source, text=text, overrides=overrides or {}) from error


def _copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}


def _put(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        below = values.setdefault(key, {})
        if not isinstance(below, dict):
            raise RecipeError(f"{'.'.join(path)} names a knob inside {key}, which is a single value.", where="--set")
        values = below
    if path[-1] == "kind" and values.get("kind") != value:
        # Another kind has other knobs: those of the old kind would only be misspelt knobs of the new one.
        values.clear()
    values[path[-1]] = value


def _explain(
    error: ValidationError, *, merged: dict[str, Any], source: str, text: str, overrides: Mapping[str, Any]
) -> RecipeError:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"] if not _is_union_tag(part, first["loc"], merged)]
    dotted = ".".join(location) or "recipe"
    given = next((key for key in overrides if key == dotted), None)
    line = _line_of(text, location)
    where = f"--set {given}" if given else f"{source}:{line}" if line else source
    if first["type"] == "extra_forbidden":
        return RecipeError(f"there is no knob {dotted!r}.", where=where, todo=_nearest(location))
    message = first["msg"].removeprefix("Value error, ")
    return RecipeError(f"{dotted}: {message}.", where=where, todo="See `trivet train --knobs` for what is allowed.")


def _is_union_tag(part: Any, location: tuple[Any, ...], merged: dict[str, Any]) -> bool:
    """Pydantic puts the tag of a discriminated union into the path (`method.full.rank`)."""
    at = location.index(part)
    section = merged.get(str(location[at - 1])) if at == 1 else None
    return isinstance(section, dict) and section.get("kind", "") == part


def _line_of(text: str, location: Sequence[str]) -> int:
    """Line (from 1) of the deepest part of `location` that stands in the text; 0 where none does."""
    section: list[str] = []
    best, depth = 0, 0
    for number, raw in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[([^\[\]]+)\]", raw)
        if header:
            section = [part.strip() for part in header.group(1).split(".")]
            path = section
        else:
            key = re.match(r"\s*([A-Za-z0-9_.-]+)\s*=", raw)
            if not key:
                continue
            path = section + key.group(1).split(".")
        if list(location[: len(path)]) == path and len(path) > depth:
            best, depth = number, len(path)
    return best


def _nearest(location: Sequence[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(location[-1], knobs().keys() if len(location) == 1 else _names_in(location[0]), n=1)
    return f"Did you mean {close[0]!r}?" if close else "`trivet train --knobs` lists them all."


def _names_in(section: str) -> list[str]:
    return [dotted.rsplit(".", 1)[1] for dotted in knobs() if dotted.startswith(f"{section}.")]


def knobs() -> dict[str, str]:
    """Every knob by its dotted name, with its default and what it is for."""
    schema = Recipe.model_json_schema()
    definitions: dict[str, Any] = schema.get("$defs", {})
    found: dict[str, str] = {}

    def walk(node: Mapping[str, Any], prefix: str) -> None:
        for key, value in node.get("properties", {}).items():
            dotted = f"{prefix}{key}"
            branches = [value, *value.get("allOf", []), *value.get("oneOf", [])]
            below = [definitions[branch["$ref"].rsplit("/", 1)[1]] for branch in branches if "$ref" in branch]
            for definition in below:
                walk(definition, f"{dotted}.")
            if not below:
                known = "" if "default" not in value else f"{value['default']!r}"
                found[dotted] = f"{known}  {value.get('description', '')}".strip()

    walk(schema, "")
    return found
