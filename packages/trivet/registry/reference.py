"""How a user names a version: `name`, `name/3`, `name@live`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trivet.errors import RegistryError
from trivet.registry.history import ALIASES

NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
REFERENCE = re.compile(rf"({NAME.pattern})(?:/([1-9][0-9]{{0,8}})|@([a-z]+))?")


@dataclass(frozen=True)
class Reference:
    """A name, and a version or an alias of it; a bare name means its alias `live`."""

    name: str
    version: int | None
    alias: str


def read_reference(text: str) -> Reference:
    """The parts of a reference.

    Raises:
        RegistryError: it is none, or names an unknown alias.
    """
    found = REFERENCE.fullmatch(text)
    if not found:
        raise RegistryError(f"{text!r} names no model.", where="model", todo="Write name, name/3 or name@live.")
    name, version, alias = found.groups()
    if alias and alias not in ALIASES:
        raise RegistryError(f"there is no alias {alias!r}.", where=text, todo=f"Use {', '.join(ALIASES)}.")
    return Reference(name, int(version) if version else None, alias or "live")


def check_name(name: str) -> str:
    """A name that a model may have.

    Raises:
        RegistryError: it has other characters than small letters, digits and hyphens.
    """
    if not NAME.fullmatch(name):
        raise RegistryError(
            f"{name!r} cannot be the name of a model.", where="name", todo="Use small letters, digits and hyphens."
        )
    return name
