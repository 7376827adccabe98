"""Answers a file of texts to a Parquet file, in parts, so that a run that was cut off goes on."""

from __future__ import annotations

import glob
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet.answers.multilabel import MultilabelAnswer
from trivet.answers.multitask import MultitaskAnswer
from trivet.answers.next_item import NextItemAnswer
from trivet.answers.regression import RegressionAnswer
from trivet.answers.tagging import TaggingAnswer, TaggingFacts
from trivet.artifact.artifact import Artifact
from trivet.data.context import split_context
from trivet.data.sources import open_dataset
from trivet.data.tagged import read_texts
from trivet.errors import InputError
from trivet.recipe.data import Columns, DataRecipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

PART_ROWS = 4096
# Of a span in the written file, by the names of Arrow's types.
SPAN_FIELDS = {"label": "string", "start": "int64", "end": "int64", "text": "string", "confidence": "float64"}


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
    columns = Columns(text=column, context="context" if isinstance(artifact.facts, TaggingFacts) else "")
    recipe = DataRecipe(dataset=str(file), columns=columns)
    dataset = open_dataset(recipe, settings)
    texts = read_texts(dataset.frame("texts"))
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
            "text": [split_context(text)[1] for text in texts],
            **_columns(answers),
            "truncated": [answer.truncated for answer in answers],
        }
    )


def _columns(answers: Sequence[Any]) -> dict[str, Any]:
    """What the kind of answers has to say, and what is to be done with them."""
    import pyarrow as pa

    if isinstance(answers[0], MultitaskAnswer):
        by_task = {task: [answer.answers[task] for answer in answers] for task in answers[0].answers}
        told = {task: _columns(parts) for task, parts in by_task.items()}
        return {f"{task}.{name}": values for task, columns in told.items() for name, values in columns.items()}
    if isinstance(answers[0], TaggingAnswer):
        spans = [[asdict(span) for span in answer.spans] for answer in answers]
        return {"spans": pa.array(spans, pa.list_(pa.struct(list(SPAN_FIELDS.items()))))}
    decisions = {"decision": [answer.decision for answer in answers]}
    match answers[0]:
        case MultilabelAnswer():
            names = [[label for label, _ in answer.labels] for answer in answers]
            chances = [[chance for _, chance in answer.labels] for answer in answers]
            return {
                "labels": pa.array(names, pa.list_(pa.string())),
                "confidences": pa.array(chances, pa.list_(pa.float64())),
                **decisions,
            }
        case NextItemAnswer():
            return {
                "item": [answer.ranking[0][0] if answer.ranking else None for answer in answers],
                "confidence": [answer.ranking[0][1] if answer.ranking else None for answer in answers],
                **decisions,
            }
        case RegressionAnswer():
            ends = {name: pa.array([getattr(one, name) for one in answers], pa.float64()) for name in ("low", "high")}
            return {"value": [answer.value for answer in answers], **ends, **decisions}
        case _:
            return {
                "label": [answer.label for answer in answers],
                "confidence": [answer.confidence for answer in answers],
                **decisions,
                "novelty": [answer.novelty for answer in answers],
                **_sets(answers),
            }


def _sets(answers: Sequence[Any]) -> dict[str, Any]:
    """The conformal sets, where the model gives any."""
    import pyarrow as pa

    if answers[0].conformal_set is None:
        return {}
    return {"conformal_set": pa.array([list(answer.conformal_set) for answer in answers], pa.list_(pa.string()))}
