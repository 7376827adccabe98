"""What a benchmark measures, read from `benchmarks/*.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from trivet.bench.service_measure import OfService, Option, measure_names
from trivet.errors import TrivetError

TransferMeasure = Literal["pretraining_gain", "multitask_gain", "transfer_matrix", "other_language"]
ForeignMeasure = Literal["oos_auroc", "oos_auroc_far", "oos_recall_5"]
TrustMeasure = Literal[ForeignMeasure, "ece", "coverage_at_risk", "risk_violations", "oos_recall_chosen", "shift_alarm"]
Measure = Literal[
    TransferMeasure,
    TrustMeasure,
    "quality",
    "micro_f1",
    "mse",
    "int8_loss",
    "batch_flips",
    "service_memory",
    "service_start",
    "attribution_faithfulness",
    "span_f1",
    "span_macro_f1",
    "ndcg",
]
CORE_MEASURES: tuple[str, ...] = get_args(Measure)
Row = TypeVar("Row", bound=BaseModel)


class Benchmark(BaseModel):
    """One figure: a measure over an artifact that `recipe` trains on `dataset`, once a seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    measure: Measure | OfService = Field(description="One of the core's, or one that a service brings: `support:NAME`.")
    metric: str
    recipe: str = Field("", description="A file below benchmarks/recipes; a service's measure may do without.")
    beside: tuple[str, ...] = Field((), description="More of them, for measures that compare or join models.")
    judge: str = Field("", description="The data set that is judged on; empty: the recipe's own.")
    options: dict[str, Option] = Field({}, description="What a service's measure is told beside.")
    seeds: tuple[int, ...] = Field(min_length=1, description="Fixed beforehand, all reported.")
    note: str = ""

    @field_validator("measure", mode="before")
    @classmethod
    def _find_measure(cls, value: Any) -> Any:
        if not isinstance(value, str) or value in CORE_MEASURES:
            return value
        if value not in (known := (*CORE_MEASURES, *measure_names())):
            close = get_close_matches(value, known, n=3)
            raise ValueError(f"there is no measure {value!r}" + (f"; close: {', '.join(close)}" if close else ""))
        service, _, name = value.partition(":")
        return OfService(service, name)

    @model_validator(mode="after")
    def _check_needs(self) -> Self:
        if not isinstance(self.measure, OfService) and (not self.recipe or self.options):
            raise ValueError("a measure of the core takes a recipe and no options")
        return self


class Mark(BaseModel):
    """The figure to reach; higher is better unless `better` says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    metric: str
    floor: float
    aim: float
    better: Literal["higher", "lower"] = "higher"
    mark: float | None = None
    source: str = ""
    issue: str = ""

    def verdict(self, value: float) -> Literal["aim", "floor", "below"]:
        """Which of the two bars a value reaches."""
        sign = 1 if self.better == "higher" else -1
        if sign * value >= sign * self.aim:
            return "aim"
        return "floor" if sign * value >= sign * self.floor else "below"


def read_benchmarks(folder: Path) -> dict[str, Benchmark]:
    """All benchmarks in the TOML files of `folder` by id; folders below it are not looked at.

    Raises:
        TrivetError: the folder holds none, a file is not valid, or two have one id.
    """
    found: dict[str, Benchmark] = {}
    for path in sorted(folder.glob("*.toml")):
        for one in _rows(path, "benchmark", Benchmark):
            if one.id in found:
                raise TrivetError(f"two benchmarks are called {one.id!r}.", where=str(path), todo="Rename one.")
            found[one.id] = one
    if not found:
        raise TrivetError(
            "no benchmarks here.", where=str(folder), todo="Run this in a checkout of Trivet, or give --root."
        )
    return found


def read_marks(folder: Path) -> dict[str, Mark]:
    """The figures to reach, from `marks.toml`, by id; none where the file is missing.

    Raises:
        TrivetError: the file is not valid.
    """
    path = folder / "marks.toml"
    return {mark.id: mark for mark in _rows(path, "mark", Mark)} if path.exists() else {}


def _rows(path: Path, table: str, kind: type[Row]) -> Iterator[Row]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8")).get(table, [])
    except ValueError as error:
        raise TrivetError(f"not valid TOML: {error}.", where=str(path), todo="Mend that line.") from error
    if not isinstance(values, list):
        raise TrivetError(f"{table!r} is not a list.", where=str(path), todo=f"Write [[{table}]].")
    for number, value in enumerate(values, start=1):
        try:
            yield kind.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            place, told = ".".join(map(str, first["loc"])) or "it", first["msg"].removeprefix("Value error, ")
            raise TrivetError(f"{table} {number}: {place}: {told}.", where=str(path)) from error
