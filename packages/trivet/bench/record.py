"""A recorded figure: what was measured, on what, by what code, and how to recompute it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from trivet.errors import TrivetError


class Baseline(BaseModel):
    """A simpler way on the same rows, and the paired test of ours against it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    paired_p: float | None = None


class Record(BaseModel):
    """One seed's figure, or the mean of all seeds (`seeds` has more than one)."""

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
    try:
        return Record.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrivetError("no such record.", where=str(path), todo="Run `trivet bench run`.") from error
    except ValueError as error:
        raise TrivetError(
            f"not a record: {str(error).splitlines()[0]}.",
            where=str(path),
            todo="Remove it and run the benchmark again.",
        ) from error


def write_json(path: Path, value: BaseModel | dict[str, Any]) -> None:
    """Writes a record or its predictions; a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, path)
