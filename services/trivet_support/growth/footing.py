"""What the rows that a model learnt from and was held to tell about it, computed once a model and kept in the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trivet.errors import DataError, TrivetError
from trivet.settings import Settings
from trivet_support.growth.grown import can_grow, labels_of, log_chances
from trivet_support.growth.spread import Spread

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact

F32 = npt.NDArray[np.float32]

# Rows that are enough to know how labels spread, and to tell a point of accuracy from none.
MAX_LEARNT = 20_000
MAX_HELD_OUT = 3_000


@dataclass(frozen=True, eq=False)
class Footing:
    """How a model's labels spread, and rows that it has not learnt: embeddings F32[H, D], log chances, truth I64[H]."""

    spread: Spread
    embeddings: F32
    known: F32
    truth: npt.NDArray[np.int64]


def place_of(artifact: Artifact, settings: Settings) -> Path:
    """Where the footing of a model lies, if it was computed on this machine."""
    return settings.cache / "footings" / f"{artifact.identity[:32]}-{artifact.graph.engine.precision}.npz"


def read_footing(path: Path) -> Footing | None:
    """The footing in a file; None where there is none, or not a whole one."""
    try:
        with np.load(path, allow_pickle=False) as found:
            spread = Spread(found["whitener"], float(found["length"]), measured=bool(found["measured"]))
            return Footing(spread, found["embeddings"], found["known"], found["truth"])
    except (OSError, ValueError, EOFError, KeyError):
        return None


def lay_footing(artifact: Artifact, settings: Settings) -> Path:
    """Compute and keep the footing of a model: minutes of work for many rows.

    Held out are the validation rows of the set where it has some, else the rows that the model was judged on.

    Raises:
        DataError: its data set is gone, or holds a bad row.
    """
    from trivet.data.sources import open_dataset
    from trivet.data.splits import test_rows, training_rows
    from trivet.runtime.offline import run_sorted

    recipe, labels = artifact.recipe.data, labels_of(artifact)
    dataset = open_dataset(recipe, settings)
    given = recipe.split == "given" and "validation" in dataset.tables
    held = dataset.frame("validation") if given else test_rows(dataset, recipe)
    parts = []
    for rows, most in ((training_rows(dataset, recipe), MAX_LEARNT), (held, MAX_HELD_OUT)):
        known = rows[rows["label"].isin(labels)]
        if len(known) > most:
            known = known.sample(most, random_state=0)
        if known.empty:
            raise DataError("no row has a label of the model.", where=dataset.name)
        outputs = run_sorted(artifact.graph.engine, artifact.tokenizer.encode(list(known["text"])))
        place = {name: at for at, name in enumerate(labels)}
        parts.append((outputs, np.array([place[label] for label in known["label"]], dtype=np.int64)))
    (learnt, truth), (outputs, held_truth) = parts
    spread = Spread.measure(_unit(learnt["embedding"]), truth)
    path = place_of(artifact, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        np.savez(
            file,
            whitener=spread.whitener,
            length=spread.length,
            measured=spread.measured,
            embeddings=_unit(outputs["embedding"]),
            known=log_chances(artifact, outputs).astype(np.float32),
            truth=held_truth,
        )
    os.replace(file.name, path)
    return path


def lay_apart(folder: Path, settings: Settings) -> subprocess.Popen[str]:
    """Begin `lay_footing` in a process of its own, which takes pandas and its memory with it."""
    circumstances = settings.model_dump(mode="json", include=set(Settings.model_fields))
    asked = json.dumps({"folder": str(folder), "settings": circumstances})
    process = subprocess.Popen(
        [sys.executable, "-m", "trivet_support.growth.footing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(asked)
    process.stdin.close()
    return process


def main() -> None:
    """Do what standard input asks for; standard output names what went wrong."""
    asked: dict[str, Any] = json.load(sys.stdin)
    os.nice(10)
    from trivet.artifact.artifact import Artifact

    try:
        settings = Settings(**asked["settings"]).model_copy(update={"offline": True})
        artifact = Artifact.load(asked["folder"], threads=1)
        if can_grow(artifact):
            lay_footing(artifact, settings)
        artifact.close()
    except TrivetError as error:
        print(type(error).__name__)
        raise SystemExit(1) from error


def _unit(rows: F32) -> F32:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), dtype=np.float32)


if __name__ == "__main__":
    main()
