"""Measures that services bring, found through the entry-point group `trivet.measures`.

An entry names a package, as `support = "trivet_support.measures"`; each module of that package is one measure: its
`measure` is a `ServiceMeasure`, and a benchmark asks for it as `support:NAME_OF_THE_MODULE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet.errors import TrivetError
from trivet.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    from trivet.bench.measures import Measured

GROUP = "trivet.measures"
Option = str | int | float | bool | list[str]


@dataclass(frozen=True)
class OfService:
    """The name of a measure that a service brings."""

    service: str
    name: str

    def __str__(self) -> str:
        return f"{self.service}:{self.name}"


@dataclass(frozen=True)
class Asked:
    """What a benchmark asks a service's measure for.

    `train` gives the artifact of `recipe`, of one beside it or of one that the measure makes (as over rows that it
    wrote into `work`), trained once and kept while its rows and its code stay; who needs none does not call it.
    `work` is a folder that is not committed and stays between runs of the same benchmark and seed.
    """

    recipe: Recipe | None
    beside: Sequence[Recipe]
    judge: str
    options: Mapping[str, Option]
    settings: Settings
    train: Callable[[Recipe], Path]
    seed: int
    work: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class ServiceMeasure:
    """How a figure is measured, and how it is computed again from what was kept of the run.

    `hash_data` tells a hash of the rows, where the measure makes them itself: those that recipe and judge name are not
    opened then. It gets the options of the benchmark.
    """

    run: Callable[[Asked], Measured]
    recompute: Callable[[dict[str, Any]], float]
    hash_data: Callable[[Mapping[str, Option], Settings], str] | None = None


def measure_names() -> tuple[str, ...]:
    """Every measure that an installed service brings, sorted; imports none of them."""
    found = []
    for point in entry_points(group=GROUP):
        top, *inside = point.value.split(".")
        spec = find_spec(top)
        for place in spec.submodule_search_locations or () if spec else ():
            modules = Path(place, *inside).glob("[a-z]*.py")
            found += [f"{point.name}:{path.stem}" for path in modules]
    return tuple(sorted(found))


def load_measure(of: OfService) -> ServiceMeasure:
    """The measure of that name; imports its module, and no other measure's.

    Raises:
        TrivetError: it is not there, or its module holds no measure.
    """
    for point in entry_points(group=GROUP, name=of.service):
        module = f"{point.value}.{of.name}"
        try:
            measure = getattr(import_module(module), "measure", None)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            break
        if isinstance(measure, ServiceMeasure):
            return measure
        raise TrivetError("it holds no `measure`.", where=module, todo="Make one: `measure = ServiceMeasure(...)`.")
    raise TrivetError(f"there is no measure {str(of)!r}.", where=GROUP, todo="Install the service that brings it.")
