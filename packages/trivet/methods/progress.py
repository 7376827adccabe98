"""What a method tells about its progress; a screen, a log or nobody listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told once when a stage begins, and after every step of a loop."""

    def stage(self, name: str) -> None: ...

    def step(self, done: int, total: int, note: str) -> None: ...


class Silence:
    """A listener that says nothing."""

    def stage(self, name: str) -> None:
        """Nothing."""

    def step(self, done: int, total: int, note: str) -> None:
        """Nothing."""
