"""A service: a domain with its recipes and routes, as the kit and the command line see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.errors import TrivetError

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.middleware import Middleware

    from trivet_service.context import Context
    from trivet_service.jobs.job import Kind
    from trivet_service.jobs.kinds import Run
    from trivet_service.storage.domain import Domain
    from trivet_service.suites.suite import Suite

_GROUP = "trivet.services"


class ServiceError(TrivetError):
    """A service that is not installed."""


@dataclass(frozen=True)
class Service:
    """A domain, found through the entry-point group `trivet.services`.

    `recipes` is a folder with at least `default.toml`, `dataset` the set of samples that it is shown with, `routes`
    builds the routers once an app is made: whatever it imports is not needed to train. A router's own lifespan, if it
    has one, begins after the models are loaded; none holds another, as each level has every route built once more.
    `domain` are its tables, where it has any. `jobs` is what a worker does for it beside training and judging, a
    function a kind (`jobs.kinds`). `layers` stand around the app before a key is asked for: they take the paths of a
    peer for those under /v1 that answer them. `suite` is what `trivet suite` judges a model of it by. `companions` are
    names of models that it makes use of where they are live, or given by --model.
    """

    name: str
    title: str
    recipes: Path
    dataset: str
    routes: Callable[[Context], Sequence[APIRouter]]
    domain: Callable[[], Domain] | None = None
    jobs: Mapping[Kind, Run] = field(default_factory=dict)
    layers: Callable[[Context], Sequence[Middleware]] | None = None
    companions: tuple[str, ...] = ()
    suite: Callable[[], Suite] | None = None

    @property
    def reference(self) -> str:
        """The model that is served where none is named."""
        return f"{self.name}@live"


def service_names() -> list[str]:
    """Names of the installed services."""
    return sorted(point.name for point in entry_points(group=_GROUP))


def find_service(name: str) -> Service:
    """The installed service of that name.

    Raises:
        ServiceError: none; lists those there are.
    """
    for point in entry_points(group=_GROUP, name=name):
        return point.load()
    raise ServiceError(f"there is no service {name!r}.", todo=f"Installed: {', '.join(service_names()) or 'none'}.")
