"""`--set method.rank=8` and the short flags, as dotted overrides of a recipe."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from trivet.errors import RecipeError


def read_overrides(settings: Sequence[str]) -> dict[str, Any]:
    """Dotted knobs and their values; a value is read as TOML, else as a plain string.

    Raises:
        RecipeError: a setting has no `=`.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        knob, equals, value = setting.partition("=")
        if not equals or not knob:
            raise RecipeError(
                f"{setting!r} is not KNOB=VALUE.", where="--set", todo="Write, say, --set training.epochs=3."
            )
        try:
            found[knob.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[knob.strip()] = value.strip()
    # A kind comes first: it clears the knobs of the kind that it replaces.
    return dict(sorted(found.items(), key=lambda pair: not pair[0].endswith(".kind")))
