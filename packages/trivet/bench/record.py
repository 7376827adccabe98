"""A recorded figure: what was measured, on what, by what code, and how to recompute it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from trivet.errors import TrivetError

Kind = TypeVar("Kind", bound=BaseModel)
AGAIN = "Remove it and run the benchmark again."


class Baseline(BaseModel):
    """A simpler way on the same rows, and the paired test of ours against it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    paired_p: float | None = None


class Record(BaseModel):
    """One seed's figure, or the mean of all seeds (which has `per_seed`).

    `low` and `high` are the ends of the 95 % interval; for measures of a service, the least and the greatest run.
    `data_sha256` is of the table that `split` was read from, `train_sha256` of the one that was learnt from.
    `predictions` is a path below benchmarks/, of a file or, for a mean, of the folder with the seeds' files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    metric: str
    value: float
    low: float
    high: float
    seeds: tuple[int, ...]
    dataset: str
    split: str
    data_sha256: str
    train_sha256: str = ""
    recipe_sha256: str
    command: str
    modules: tuple[str, ...]
    modules_sha256: str
    commit: str
    machine: str
    predictions: str
    baselines: dict[str, Baseline] = {}
    per_seed: dict[int, float] = {}
    note: str = ""


def record_path(root: Path, identifier: str, seed: int | None = None) -> Path:
    """Where the record of a seed, or of all seeds, lies below `benchmarks/records`."""
    folder = root / "records"
    return folder / f"{identifier}.json" if seed is None else folder / identifier / f"seed-{seed}.json"


def read_record(path: Path) -> Record:
    """The record in a file.

    Raises:
        TrivetError: it is missing or damaged.
    """
    return read_model(path, Record)


def read_model(path: Path, kind: type[Kind]) -> Kind:
    """A record of some kind.

    Raises:
        TrivetError: it is missing or damaged; names the field.
    """
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise TrivetError(f"not a record ({place}: {first['msg']}).", where=str(path), todo=AGAIN) from error


def read_json(path: Path) -> Any:
    """The plain values of a record or of predictions.

    Raises:
        TrivetError: the file is missing or not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise TrivetError(
            f"cannot read it ({error.strerror}).", where=str(path), todo="Run `trivet bench run`."
        ) from error
    except ValueError as error:
        raise TrivetError("it is damaged: not JSON.", where=str(path), todo=AGAIN) from error


def write_record(path: Path, record: BaseModel) -> None:
    """Writes a record, a field a line."""
    write_whole(path, json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n")


def write_predictions(path: Path, kept: dict[str, Any]) -> None:
    """Writes what a figure is recomputed from, on one line: thousands of numbers."""
    write_whole(path, json.dumps(kept, separators=(",", ":"), ensure_ascii=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Writes a file; a reader sees the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.partial")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
