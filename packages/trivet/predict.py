"""Answers a file of texts to a Parquet file, in parts, so that a run that was cut off goes on."""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet.artifact.artifact import Artifact
from trivet.data.sources import open_dataset
from trivet.errors import InputError
from trivet.recipe.data import Columns, DataRecipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

PART_ROWS = 4096


@dataclass(frozen=True)
class Predicted:
    """What was answered: rows in all, rows that an earlier run had done, and texts that were truncated."""

    path: str
    rows: int
    resumed: int
    truncated: int
    seconds: float

    def line(self) -> str:
        """One line for a person."""
        again = f", {self.resumed} of them by an earlier run" if self.resumed else ""
        cut = f"; {self.truncated} texts were truncated" if self.truncated else ""
        return f"{self.path}: {self.rows} rows{again} in {self.seconds:.1f} s{cut}."

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def predict_file(
    artifact: Artifact, file: Path, out: Path, *, column: str, settings: Settings, say: Callable[[str], None]
) -> Predicted:
    """Answers every row of `file` in its order; finished parts lie beside `out` until all are done.

    A part belongs to the model and the bytes of the file that it was made with; others are thrown away.

    Raises:
        DataError: a row of the file is bad.
        InputError: `out` exists.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if out.exists():
        raise InputError("the file exists.", where=str(out), todo="Remove it, or name another.")
    began = time.perf_counter()
    recipe = DataRecipe(dataset=str(file), columns=Columns(text=column))
    dataset = open_dataset(recipe, settings)
    texts = list(dataset.frame("texts")["text"])
    parts = out.with_name(f".{out.name}.{dataset.sha256('texts')[:12]}-{artifact.identity[:12]}")
    for other in parts.parent.glob(f".{glob.escape(out.name)}.*"):
        if other != parts and other.is_dir():
            shutil.rmtree(other)
    parts.mkdir(parents=True, exist_ok=True)
    resumed = truncated = 0
    tables: list[pa.Table] = []
    for start in range(0, len(texts), PART_ROWS):
        path = parts / f"{start:012d}.parquet"
        chunk = texts[start : start + PART_ROWS]
        if path.exists():
            resumed += len(chunk)
        else:
            temporary = path.with_suffix(".partial")
            pq.write_table(_table(artifact, chunk), temporary)
            os.replace(temporary, path)
        tables.append(pq.read_table(path))
        truncated += int(sum(tables[-1]["truncated"].to_pylist()))
        say(f"  {min(start + PART_ROWS, len(texts))}/{len(texts)}")
    temporary = out.with_name(f".{out.name}.partial")
    pq.write_table(pa.concat_tables(tables), temporary)
    os.replace(temporary, out)
    shutil.rmtree(parts)
    return Predicted(str(out), len(texts), resumed, truncated, time.perf_counter() - began)


def _table(artifact: Artifact, texts: list[str]) -> pa.Table:
    import pyarrow as pa

    answers = artifact.predict(texts, top=1)
    return pa.table(
        {
            "text": texts,
            "label": [answer.label for answer in answers],
            "confidence": [answer.confidence for answer in answers],
            "decision": [answer.decision for answer in answers],
            "novelty": [answer.novelty for answer in answers],
            "truncated": [answer.truncated for answer in answers],
        }
    )
