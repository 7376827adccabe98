"""What fills a template: what the request knows, what the message names, and what was named before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trivet_support.schemas import Parsed

_LONGEST = 500
# What a template's name cannot hold but an entity's may.
_NO_NAME = re.compile(r"[^A-Za-z0-9_]")


def gather_variables(
    parsed: Parsed, *, given: Mapping[str, str], earlier: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Values by name: those of the request before those of the message, those before earlier ones of the session.

    An entity gives its own name; the latest of several counts. `earlier` are what was made of the turns before, oldest
    first, as a session keeps it.
    """
    found: dict[str, str] = {}
    for made in earlier:
        for entity in made.get("entities", ()):
            found[str(entity["entity"])] = str(entity["value"])
    for one in parsed.entities:
        found[one.entity] = str(one.value)
    found |= given
    return {_NO_NAME.sub("_", name): " ".join(value.split())[:_LONGEST] for name, value in found.items()}
