"""What a worker can do for a service: each kind of job is one function over its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from trivet_service.jobs.job import Job, Kind

if TYPE_CHECKING:
    from trivet_service.service import Service
    from trivet_service.settings import ServiceSettings


class Told(Protocol):
    """Hears how far a job is; the core's methods tell it as they tell a screen."""

    def stage(self, name: str) -> None:
        """A new stage has begun."""

    def step(self, done: int, total: int, note: str) -> None:
        """Step `done` of `total` of the present stage."""


@dataclass(frozen=True)
class Work:
    """One job in the process that does it.

    `folder` is the job's own; what lies there is still there when another worker takes the job over, and is removed
    once the job has ended.
    """

    job: Job
    service: Service
    settings: ServiceSettings
    folder: Path
    progress: Told


# Gives what the caller reads as `result`: plain values. A mistake of the user is a TrivetError. It may be begun again
# where it was cut off, so what it leaves behind must be the same after two runs as after one.
Run: TypeAlias = Callable[[Work], Mapping[str, Any]]


def kinds_of(service: Service) -> Mapping[Kind, Run]:
    """What can be asked of a service: the kit's kinds, and what the service does itself in their place or beside."""
    return {"train": _train, "evaluate": _evaluate, "import": _import, **service.jobs}


def _train(work: Work) -> Mapping[str, Any]:
    # A server that only takes jobs in imports none of this.
    from trivet_service.jobs.train import train

    return train(work)


def _evaluate(work: Work) -> Mapping[str, Any]:
    from trivet_service.jobs.evaluate import evaluate

    return evaluate(work)


def _import(work: Work) -> Mapping[str, Any]:
    from trivet_service.jobs.take_in import take_in

    return take_in(work)
