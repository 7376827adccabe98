"""An operating point as a tenant declares it, and as it holds for a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trivet.answers.classification import ClassificationFacts
from trivet.errors import InputError
from trivet.trust.risk import OperatingPoint
from trivet_support.schemas import MeasuredOn

if TYPE_CHECKING:
    from trivet_service.model import Model

# The point that decides where a request names none.
DEFAULT = "default"
# Of a promise: in so many of all draws of the rows it holds.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measured:
    """What came of a point on rows held out, for the model of this `identity`."""

    identity: str
    threshold: float
    precision: float
    coverage: float
    rows: int


@dataclass(frozen=True)
class Declared:
    """Either a `precision` to keep or a `threshold`; measured where the tenant named rows. `changed_at` since 1970."""

    name: str
    precision: float | None = None
    threshold: float | None = None
    dataset: str = ""
    table: str = ""
    measured: Measured | None = None
    changed_at: float = 0.0


@dataclass(frozen=True)
class Point:
    """How sure an answer of one model has to be; `precision` is promised, None: nothing is."""

    name: str
    threshold: float
    precision: float | None
    coverage: float | None
    measured_on: MeasuredOn
    rows: int | None = None

    def decides_over(self, facts: ClassificationFacts) -> ClassificationFacts:
        """The facts with this point in the place of the model's own."""
        if self.measured_on == "training":
            return facts
        point = OperatingPoint(
            risk=0.0 if self.precision is None else round(1 - self.precision, 6),
            confidence=CONFIDENCE,
            threshold=self.threshold,
            coverage=self.coverage or 0.0,
            rows=self.rows or 0,
            held=self.precision is not None,
        )
        return replace(facts, operating_point=point)


def choose_point(name: str, declared: Mapping[str, Declared], model: Model) -> Point | None:
    """The point of a name, empty for `default`, as it holds for a model; None: every answer is given.

    Raises:
        InputError: nobody declared it; `where` is /operating_point.
    """
    found = declared.get(name or DEFAULT)
    facts = model.artifact.facts
    own = facts.operating_point if isinstance(facts, ClassificationFacts) else None
    if found is not None:
        return hold(found, model, own)
    if name not in ("", DEFAULT):
        raise InputError(
            f"there is no operating point {name!r}.", where="/operating_point", todo="Declare it, or leave it out."
        )
    return None if own is None else _of_training(DEFAULT, own)


def hold(declared: Declared, model: Model, own: OperatingPoint | None) -> Point:
    """A declared point as it holds for a model: measured, else as training measured it, else by calibrated chances.

    A calibrated chance of p is right in the share p of cases: where every answer has at least the wanted precision as
    its chance, all of them together have it too. That is expected, not promised.
    """
    measured = declared.measured
    # Beside a tenant's examples a model answers otherwise, and its own point rests on no rows.
    is_itself = own is None or own.rows > 0
    if measured is not None and is_itself and measured.identity == identify(model):
        return Point(
            declared.name, measured.threshold, measured.precision, measured.coverage, "data_set", measured.rows
        )
    if declared.precision is None:
        assert declared.threshold is not None, "a point has either"
        return Point(declared.name, declared.threshold, None, None, "calibration")
    if own is not None and own.held and own.rows and abs(1 - declared.precision - own.risk) < 1e-9:
        return _of_training(declared.name, own)
    return Point(declared.name, declared.precision, None, None, "calibration")


def identify(model: Model) -> str:
    """What a measurement belongs to: a version by its content."""
    return f"{model.name}/{model.version}:{model.artifact.header.created.isoformat()}"


def _of_training(name: str, own: OperatingPoint) -> Point:
    if not own.rows:
        return Point(name, own.threshold, None, None, "calibration")
    return Point(name, own.threshold, 1 - own.risk if own.held else None, own.coverage, "training", own.rows)
