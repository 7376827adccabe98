"""A version that was not put to work, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Literal, TypeAlias

from trivet.errors import TrivetError

Role: TypeAlias = Literal["live", "canary", "shadow"]


@dataclass(frozen=True)
class Wanted:
    """A version that should have a role, and since when: what was refused is tried again once either differs."""

    version: int
    since: str


@dataclass(frozen=True)
class Refusal:
    """What was wrong with a version that should have had a role; `why` names no path of this machine."""

    role: Role
    wanted: Wanted
    why: str
    time: datetime

    def line(self) -> str:
        """For who asks whether the server is ready."""
        return f"refused version {self.wanted.version} as {self.role}: {self.why}"


def refuse(role: Role, wanted: Wanted, error: Exception) -> Refusal:
    """The refusal that an error means."""
    why = type(error).__name__
    if isinstance(error, TrivetError):
        place = f"{PurePath(error.where).name}: " if error.where else ""
        why = f"{place}{error.what}"
    return Refusal(role, wanted, why, datetime.now(UTC))
