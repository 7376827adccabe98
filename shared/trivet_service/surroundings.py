"""What all that is handed over in one process shares."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from trivet_service.happening import Happening
from trivet_service.loader import Loader
from trivet_service.model import Model
from trivet_service.settings import ServiceSettings


class StoppedError(Exception):
    """The server ends: what was being made ready is no longer wanted."""


class Preparation(Protocol):
    """What a service makes ready beside its models, such as an index of what they embedded."""

    def prepare(self, model: Model, *, go_on: Callable[[], None]) -> None:
        """Make ready for the answers of a model; whatever it raises refuses the model.

        `go_on` is asked now and then, and raises where the server ends.
        """

    def adopt(self, model: Model) -> None:
        """The model is everybody's live one from now on."""


@dataclass(frozen=True)
class Surroundings:
    """`tell` hears what happens, `ends` is set when the server ends, `preparations` are those of services by name."""

    settings: ServiceSettings
    loader: Loader
    tell: Callable[[Happening], None]
    preparations: dict[str, Preparation]
    ends: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Raises StoppedError where the server ends."""
        if self.ends.is_set():
            raise StoppedError
