"""The services that are installed, as the core sees them: a name and a folder of recipes."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from trivet.errors import RecipeError


class RecipeSource(Protocol):
    """What the core asks of a service; the kit's `Service` has it."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def recipes(self) -> Path: ...


def find_service(name: str) -> RecipeSource | None:
    """The installed service of that name, found through the entry-point group `trivet.services`."""
    for point in entry_points(group="trivet.services", name=name):
        return point.load()
    return None


def service_names() -> list[str]:
    """Names of the installed services."""
    return sorted(point.name for point in entry_points(group="trivet.services"))


def recipe_of(domain: str, variant: str) -> Path:
    """The recipe file that `domain` names: a service's recipe, or a TOML file of the user's own.

    Raises:
        RecipeError: neither; lists what there is.
    """
    if domain.endswith(".toml"):
        return Path(domain)
    service = find_service(domain)
    if service is None:
        raise RecipeError(
            f"no service and no recipe file is called {domain!r}.",
            todo=f"Use {', '.join(service_names())}, or the path of a .toml recipe.",
        )
    path = service.recipes / f"{variant}.toml"
    if not path.exists():
        there = ", ".join(sorted(file.stem for file in service.recipes.glob("*.toml")))
        raise RecipeError(f"{domain} has no recipe {variant!r}.", where="--recipe", todo=f"It has {there}.")
    return path
