"""Something that befell what is served under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from trivet_service.refusal import Role

Kind: TypeAlias = Literal["swapped", "refused", "ended", "trouble"]


@dataclass(frozen=True)
class Happening:
    """A version took over a role, was refused it or lost it, or the registry cannot be read; `previous` 0: none."""

    kind: Kind
    service: str
    name: str
    role: Role
    version: int = 0
    previous: int = 0
    seconds: float = 0.0
    detail: str = ""

    def fields(self) -> dict[str, Any]:
        """For a line of the log: what there is to say."""
        told = {
            "service": self.service,
            "name": self.name,
            "role": self.role,
            "version": self.version,
            "previous": self.previous,
            "seconds": self.seconds,
            "why": self.detail,
        }
        return {name: value for name, value in told.items() if value}
