"""Tolerances that are committed beside a service, and whether a judged model keeps them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trivet.errors import TrivetError
from trivet_service.suites.section import Metric, Outcome

# What a figure without an interval may lose, as a share of itself.
_SLACK = 0.1


class Gate(BaseModel):
    """A bound of one figure: `section.metric`, at least or at most so much."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str = Field(pattern=r"^[a-z0-9-]+\.[a-z0-9_@%.-]+$")
    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _bounds_one_side(self) -> Self:
        if (self.least is None) == (self.most is None):
            raise ValueError("a gate has either `least` or `most`")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    gate: list[Gate]


@dataclass(frozen=True)
class GateOutcome:
    """Whether a figure keeps its bound, in a sentence."""

    metric: str
    passed: bool
    detail: str


def read_gates(path: Path) -> tuple[Gate, ...]:
    """The gates of a file.

    Raises:
        TrivetError: it is missing, no TOML, or holds what is no gate; names the place.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        todo = "Name one, or write it with --write-gates."
        raise TrivetError("there are no gates here.", where=str(path), todo=todo) from error
    except ValueError as error:
        raise TrivetError(f"not valid TOML: {error}.", where=str(path), todo="Mend that line.") from error
    try:
        return tuple(_File.model_validate(values).gate)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise TrivetError(f"{place}: {first['msg']}.", where=str(path), todo="Mend that gate.") from error


def check_gates(gates: Sequence[Gate], outcomes: Sequence[Outcome]) -> tuple[GateOutcome, ...]:
    """Every gate of a section that was asked; one whose figure was not found fails."""
    asked = {outcome.name: outcome for outcome in outcomes}
    return tuple(_check(gate, asked[section]) for gate in gates if (section := gate.metric.split(".", 1)[0]) in asked)


def write_gates(path: Path, outcomes: Sequence[Outcome], *, about: str) -> int:
    """Writes the far ends of the intervals as bounds, of every figure that has a better direction; returns how many.

    A time, a rate or a size depends on the machine and gets none.
    """
    lines = [f"# {about}", "# The far end of each figure's 95 % interval then; mend by hand what should be stricter."]
    count = 0
    for outcome in outcomes:
        for metric in outcome.found.metrics:
            if metric.better == "neither" or metric.unit not in ("share", "number", "points"):
                continue
            side, bound = _bound(metric)
            lines += ["", "[[gate]]", f'metric = "{outcome.name}.{metric.name}"', f"{side} = {bound:.4f}"]
            count += 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return count


def _bound(metric: Metric) -> tuple[str, float]:
    if metric.better == "higher":
        return "least", metric.value * (1 - _SLACK) if metric.low is None else metric.low
    return "most", metric.value * (1 + _SLACK) if metric.high is None else metric.high


def _check(gate: Gate, outcome: Outcome) -> GateOutcome:
    name = gate.metric.split(".", 1)[1]
    found = next((metric for metric in outcome.found.metrics if metric.name == name), None)
    if found is None:
        why = outcome.skipped or f"the section has no such figure, only {_names(outcome)}."
        return GateOutcome(gate.metric, passed=False, detail=f"{gate.metric} was not measured: {why}")
    if gate.least is not None:
        passed = found.value >= gate.least
        side = f"{'not ' if passed else ''}below the least of {gate.least:g}"
    else:
        assert gate.most is not None, "a gate bounds one side"
        passed = found.value <= gate.most
        side = f"{'not ' if passed else ''}above the most of {gate.most:g}"
    return GateOutcome(gate.metric, passed, f"{gate.metric} {found.value:.4f} is {side}.")


def _names(outcome: Outcome) -> str:
    return ", ".join(metric.name for metric in outcome.found.metrics) or "none"
