"""Explains a file of texts into a Parquet file, one row a text."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trivet.artifact.artifact import Artifact
from trivet.data.sources import open_dataset
from trivet.errors import InputError
from trivet.explain.explanation import Explanation, explain
from trivet.explain.neighbours import TrainingExamples
from trivet.recipe.data import Columns, DataRecipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

# Texts that are explained and written at a time.
PART_ROWS = 256


def explain_file(
    artifact: Artifact,
    file: Path,
    out: Path,
    *,
    column: str,
    examples: TrainingExamples | None,
    k: int,
    settings: Settings,
    say: Callable[[str], None],
) -> int:
    """Explains every row of `file` in its order and returns how many there were; `out` is written whole or not at all.

    Columns: text, label, confidence, decision, truncated, `words` (start, end, text, weight), rows, and `examples`
    (text, label, file, line, distance).

    Raises:
        DataError: a row of the file is bad.
        InputError: `out` exists, or a text has no word.
    """
    import pyarrow.parquet as pq

    if out.exists():
        raise InputError("the file exists.", where=str(out), todo="Remove it, or name another.")
    dataset = open_dataset(DataRecipe(dataset=str(file), columns=Columns(text=column)), settings)
    texts = list(dataset.frame("texts")["text"])
    schema = _schema()
    temporary = out.with_name(f".{out.name}.partial")
    try:
        with pq.ParquetWriter(temporary, schema) as writer:
            for start in range(0, len(texts), PART_ROWS):
                found = explain(artifact, texts[start : start + PART_ROWS], examples=examples, k=k)
                writer.write_table(_table(found, schema))
                say(f"  {start + len(found)}/{len(texts)}")
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)
    return len(texts)


def _table(found: Sequence[Explanation], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist([one.to_json() for one in found], schema=schema)


def _schema() -> pa.Schema:
    import pyarrow as pa

    word = {"start": pa.int32(), "end": pa.int32(), "text": pa.string(), "weight": pa.float64()}
    example = {
        "text": pa.string(),
        "label": pa.string(),
        "file": pa.string(),
        "line": pa.int64(),
        "distance": pa.float64(),
    }
    return pa.schema(
        {
            "text": pa.string(),
            "label": pa.string(),
            "confidence": pa.float64(),
            "decision": pa.string(),
            "truncated": pa.bool_(),
            "words": pa.list_(pa.struct(word)),
            "rows": pa.int32(),
            "examples": pa.list_(pa.struct(example)),
        }
    )
