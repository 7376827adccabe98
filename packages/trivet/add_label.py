"""Teaches a registered model one more label, as a new version of it."""

from __future__ import annotations

import datetime
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trivet.artifact.grow import save_grown
from trivet.data.sources import open_dataset
from trivet.errors import DataError
from trivet.recipe.data import Columns, DataRecipe
from trivet.registry.open import open_artifact
from trivet.registry.registry import open_registry
from trivet.settings import Settings


@dataclass(frozen=True)
class Grown:
    """The new version: where it is, what it is called (empty outside the registry), labels and seconds of learning."""

    path: str
    reference: str
    label: str
    labels: int
    rows: int
    seconds: float

    def line(self) -> str:
        """One line for a person."""
        called = f" ({self.reference}, candidate)" if self.reference else ""
        return (
            f"{self.label!r} learnt from {self.rows} rows in {self.seconds:.2f} s, {self.labels} labels now: "
            f"{self.path}{called}. Nothing is promised of its answers until it is trained on all rows."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def add_label(
    reference: str, label: str, texts: Sequence[str], *, settings: Settings, out: Path | None = None
) -> Grown:
    """A version of the model that knows a label by these texts; in the registry it becomes `candidate`.

    `out` saves it there instead. The seconds are those of learning and saving, without opening the model.

    Raises:
        ArtifactError: the model has no head of prototypes, or something is at `out` already.
        DataError: the label is known already, or there are no texts.
        RegistryError: the registry does not hold the model.
    """
    artifact = open_artifact(reference, settings)
    try:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
            place = out or Path(scratch) / "grown"
            save_grown(artifact, label, texts, place, created=datetime.datetime.now(tz=datetime.UTC))
            seconds = time.perf_counter() - began
            if out is None:
                name = artifact.recipe.name
                registry = open_registry(settings)
                version = registry.add(place, name)
                registry.set_alias(name, "candidate", version, reason=f"learnt the label {label!r}")
                reference = f"{name}/{version}"
                place = registry.fetch(reference)
    finally:
        artifact.close()
    assert artifact.head is not None, "a label was just added to it"
    return Grown(str(place), "" if out else reference, label, len(artifact.head.labels) + 1, len(texts), seconds)


def read_texts(file: Path, *, column: str, settings: Settings) -> list[str]:
    """The texts of a CSV, JSONL or Parquet file; other columns than that of the text do not count.

    Raises:
        DataError: the file is missing, holds a bad row or no row.
    """
    recipe = DataRecipe(dataset=str(file), columns=Columns(text=column))
    texts = list(open_dataset(recipe, settings).frame("texts")["text"])
    if not texts:
        raise DataError("there are no texts to learn the label from.", where=str(file), todo="Give one at least.")
    return texts
