"""The card: where an artifact comes from, what it may be used for and how good it is."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from trivet.artifact.commit import describe_commit
from trivet.recipe import Recipe

if TYPE_CHECKING:
    from trivet.data.dataset import Licence
    from trivet.encoders.catalogue import EncoderSource

# Whose versions can change what a training run produces.
PACKAGES = ("trivet", "numpy", "tokenizers", "openvino", "nncf", "torch", "transformers", "peft", "accelerate")

# What the parent was to its child: its weights the start, the live version to replace, the same in an older format, or
# the same without a label.
Descent: TypeAlias = Literal["", "warm start", "successor", "upgrade", "new label"]


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


class Parent(Entry):
    """What an artifact descends from: the identity of another, and where that was registered (`name/3`), if anywhere.

    `restrictions` travel from parent to child: weights that learnt from research data stay for research.
    """

    identity: str
    reference: str = ""
    descent: Descent
    restrictions: tuple[str, ...] = ()


class Card(Entry):
    """One artifact; `golden_tolerance` is how far a golden score may lie off when it is loaded.

    `parent` is the identity of the artifact that it descends from, `commit` that of the code, and `restrictions` name
    each source that is for research only, with its licence.
    """

    name: str
    trivet: str
    created: datetime
    data: DataEntry
    encoder: EncoderEntry
    scores: dict[str, ScoreEntry] = {}
    baselines: dict[str, Any] = {}
    int8: Int8Entry | None = None
    licence_commercial: bool
    restrictions: tuple[str, ...] = ()
    parent: str = ""
    parent_reference: str = ""
    descent: Descent = ""
    commit: str = ""
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
    parent: Parent | None = None,
) -> Card:
    """The card of a training run on this machine; for commercial use where data, encoder and a warm start's parent are.

    A parent that is only replaced passes nothing on but its name.
    """
    inherited = parent.restrictions if parent is not None and parent.descent != "successor" else ()
    own = [(recipe.data.dataset, licence.name, licence.commercial), (source.name, source.licence, source.commercial)]
    restrictions = tuple(
        dict.fromkeys([*(f"{name}: {terms}" for name, terms, commercial in own if not commercial), *inherited])
    )
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
        licence_commercial=not restrictions,
        restrictions=restrictions,
        parent=parent.identity if parent else "",
        parent_reference=parent.reference if parent else "",
        descent=parent.descent if parent else "",
        commit=describe_commit(),
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
