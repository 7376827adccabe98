"""The training rows that lie nearest to a text in the embedding that is served."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trivet.artifact.artifact import Artifact
from trivet.data.sources import open_dataset
from trivet.data.splits import training_rows
from trivet.errors import ArtifactError, DataError
from trivet.explain.attribution import check_explained
from trivet.recipe.method import ZeroShotMethod
from trivet.runtime.engine import Floats
from trivet.runtime.offline import run_sorted
from trivet.settings import Settings

# Distances at a time, so that many texts against many rows do not fill the memory.
AT_ONCE = 4_000_000
# Rows that are embedded between two words to the caller.
EMBEDDED_AT_ONCE = 1_024


@dataclass(frozen=True)
class Neighbour:
    """A training row: its label, the line of its file, and its cosine distance (0: the same direction, at most 2)."""

    text: str
    label: str
    file: str
    line: int
    distance: float


@dataclass(frozen=True, eq=False)
class TrainingExamples:
    """The training rows of an artifact with their embeddings F32[N, D] of unit length.

    `changed`: the data set is not the one of the card any more, so a row may be one that was never learnt.
    """

    texts: Sequence[str]
    labels: Sequence[str]
    lines: Sequence[int]
    file: str
    embeddings: Floats
    changed: bool

    def nearest(self, queries: Floats, k: int) -> list[tuple[Neighbour, ...]]:
        """The `k` nearest rows of each query F32[Q, D], nearest first, equal ones in the order of the rows.

        The search is exact.
        """
        found: list[tuple[Neighbour, ...]] = []
        step = max(1, AT_ONCE // max(1, len(self.texts)))
        for start in range(0, len(queries), step):
            cosines = queries[start : start + step] @ self.embeddings.T
            found += [self._rows(row, k) for row in cosines]
        return found

    def _rows(self, cosines: Floats, k: int) -> tuple[Neighbour, ...]:
        count = min(k, len(cosines))
        if count < 1:
            return ()
        least = np.partition(cosines, len(cosines) - count)[len(cosines) - count]
        close = np.flatnonzero(cosines >= least)
        best = close[np.argsort(-cosines[close], kind="stable")][:count]
        return tuple(
            Neighbour(
                text=self.texts[row],
                label=self.labels[row],
                file=self.file,
                line=int(self.lines[row]),
                distance=max(0.0, 1.0 - float(cosines[row])),
            )
            for row in best.tolist()
        )


def open_examples(artifact: Artifact, settings: Settings, *, say: Callable[[str], None]) -> TrainingExamples:
    """The rows that the artifact's recipe trains on, embedded once by its graph and kept under `settings.cache`.

    `say` hears of it every thousand rows; what it raises ends the work.

    Raises:
        DataError: the data set is gone, or holds a bad row.
        ArtifactError: the model does not answer with one of several labels, or did not learn from rows.
    """
    check_explained(artifact.answering)
    if isinstance(artifact.recipe.method, ZeroShotMethod):
        raise ArtifactError(
            "it learnt from the names of its labels, not from rows.",
            where=artifact.recipe.name,
            todo="Ask for no examples (k = 0).",
        )
    recipe = artifact.recipe.data
    try:
        dataset = open_dataset(recipe, settings)
        rows = training_rows(dataset, recipe)
    except DataError as error:
        raise DataError(
            f"the training rows cannot be read: {error.what}",
            where=error.where,
            todo="Put them back where they were, or ask for no examples (k = 0).",
        ) from error
    texts = list(rows["text"])
    learnt = artifact.card.data.sha256.get("train", "")
    return TrainingExamples(
        texts=texts,
        labels=list(rows["label"]),
        lines=list(rows["line"]),
        file=str(rows.attrs.get("file", dataset.name)),
        embeddings=_embed_once(artifact, texts, settings.cache / "examples", say=say),
        changed=bool(learnt) and learnt != dataset.sha256("train"),
    )


def _embed_once(artifact: Artifact, texts: Sequence[str], folder: Path, *, say: Callable[[str], None]) -> Floats:
    """Embeddings F32[N, D], mapped from the file that an earlier call wrote for this model and these rows."""
    engine = artifact.graph.engine
    key = hashlib.sha256(f"{artifact.identity} {engine.kind} {engine.precision} {len(texts)}\n".encode())
    for text in texts:
        key.update(hashlib.sha256(text.encode()).digest())
    path = folder / f"{key.hexdigest()[:32]}.npy"
    kept = _read(path, shape=(len(texts), engine.dim))
    if kept is None:
        say(f"embedding {len(texts)} training rows, this once")
        found = np.empty((len(texts), engine.dim), dtype=np.float32)
        for start in range(0, len(texts), EMBEDDED_AT_ONCE):
            some = artifact.tokenizer.encode(texts[start : start + EMBEDDED_AT_ONCE])
            found[start : start + len(some)] = run_sorted(engine, some)["embedding"]
            say(f"  {start + len(some)}/{len(texts)}")
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
        _write(path, found)
        return found
    return kept


def _read(path: Path, *, shape: tuple[int, int]) -> Floats | None:
    """The array of a file; None where it is not there, or not whole."""
    try:
        kept = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return kept if kept.shape == shape and kept.dtype == np.float32 else None


def _write(path: Path, rows: Floats) -> None:
    """Two processes that write at once each put a whole file in place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        np.save(file, rows, allow_pickle=False)
    os.replace(file.name, path)
