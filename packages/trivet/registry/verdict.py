"""What was decided about a version before it could go live, as the log of its name keeps it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class GateOutcome(BaseModel):
    """One gate: whether the version cleared it, and a sentence that says by how much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    passed: bool
    detail: str


class Verdict(BaseModel):
    """The word of the gates and of a person: `passed_over` is why failed gates do not count.

    `accepted` is who accepts that the version is for research only, and why; both are empty where nobody had to say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gates: tuple[GateOutcome, ...] = ()
    passed_over: str = ""
    accepted: str = ""

    @property
    def passed(self) -> bool:
        """Whether each gate was cleared; without a gate nothing was shown."""
        return bool(self.gates) and all(gate.passed for gate in self.gates)
