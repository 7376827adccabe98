"""The card: where an artifact comes from, what it may be used for and how good it is."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from trivet.recipe import Recipe

if TYPE_CHECKING:
    from trivet.data.dataset import Licence
    from trivet.encoders.catalogue import EncoderSource

# Whose versions can change what a training run produces.
PACKAGES = ("trivet", "numpy", "tokenizers", "openvino", "nncf", "torch", "transformers", "peft", "accelerate")


class Entry(BaseModel):
    """A group of lines on a card."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataEntry(Entry):
    """What it learnt from: sha256 by table, rows learnt, and what the owner allows."""

    name: str
    sha256: dict[str, str]
    rows: int
    licence: str
    commercial: bool


class EncoderEntry(Entry):
    """What it started from."""

    name: str
    licence: str
    commercial: bool
    sha256: str
    pooling: str = "mean"
    prefix: str = ""


class ScoreEntry(Entry):
    """A score with its 95 % interval."""

    value: float
    low: float
    high: float


class Int8Entry(Entry):
    """What int8 costs against fp32 on `rows` texts.

    `loss_points` is accuracy lost in points (None without labels), `agreement` the share of equal answers,
    `batch_flips` how many answers differ between a batch of 1 and one of 32.
    """

    rows: int
    loss_points: float | None = None
    agreement: float | None = None
    batch_flips: int | None = None


class Card(Entry):
    """One artifact; `golden_tolerance` is how far a golden score may lie off when it is loaded."""

    name: str
    trivet: str
    created: datetime
    data: DataEntry
    encoder: EncoderEntry
    scores: dict[str, ScoreEntry] = {}
    baselines: dict[str, Any] = {}
    int8: Int8Entry | None = None
    licence_commercial: bool
    parent: str = ""
    seconds: float = 0.0
    machine: str = ""
    versions: dict[str, str] = {}
    notes: dict[str, Any] = {}
    golden_tolerance: float = Field(0.02, gt=0, lt=1)


def describe_run(
    recipe: Recipe,
    *,
    source: EncoderSource,
    licence: Licence,
    data_sha256: Mapping[str, str],
    rows: int,
    seconds: float,
    created: datetime,
    notes: Mapping[str, Any],
    int8: Int8Entry | None = None,
    parent: str = "",
) -> Card:
    """The card of a training run on this machine; it may be used commercially where data and encoder both may."""
    return Card(
        name=recipe.name,
        trivet=version("trivet"),
        created=created,
        data=DataEntry(
            name=recipe.data.dataset,
            sha256=dict(data_sha256),
            rows=rows,
            licence=licence.name,
            commercial=licence.commercial,
        ),
        encoder=EncoderEntry(
            name=source.name,
            licence=source.licence,
            commercial=source.commercial,
            sha256=source.sha256,
            pooling=source.pooling,
            prefix=source.prefix,
        ),
        int8=int8,
        licence_commercial=licence.commercial and source.commercial,
        parent=parent,
        seconds=round(seconds, 3),
        machine=describe_machine(),
        versions=describe_versions(),
        notes=dict(notes),
    )


def describe_machine() -> str:
    """Processor, number of cores and system."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def describe_versions() -> dict[str, str]:
    """Python and the packages that matter, those that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
