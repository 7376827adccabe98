"""`golden.json`: a few texts and what the artifact answered when it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from trivet.errors import ArtifactError
from trivet.runtime.engine import Floats
from trivet.runtime.tokens import Encoded


@dataclass(frozen=True)
class Table:
    """How likely or near each candidate is to each text: F64[N, C], columns named."""

    names: tuple[str, ...]
    values: NDArray[np.float64]


class GoldenAnswer(BaseModel):
    """The best name, its score and by how much it beats the next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    score: float
    margin: float


class Golden(BaseModel):
    """Texts, their token ids, and the answers of each precision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: tuple[str, ...]
    ids: tuple[tuple[int, ...], ...]
    answers: dict[str, tuple[GoldenAnswer, ...]]

    def check_ids(self, encoded: Sequence[Encoded]) -> None:
        """The tokenizer cuts the texts as it did.

        Raises:
            ArtifactError: it does not.
        """
        for text, ids, found in zip(self.texts, self.ids, encoded, strict=True):
            if list(ids) != found.ids.tolist():
                raise ArtifactError(
                    f"the tokenizer cuts {text[:40]!r} otherwise than when the artifact was saved.",
                    where="golden.json",
                    todo="Install the version of tokenizers that card.json names.",
                )

    def find_mismatch(self, table: Table, *, precision: str, tolerance: float) -> str:
        """What the first answer that is off says now and said then; empty where all agree.

        A label may differ only where its lead was within the tolerance.
        """
        columns = {name: column for column, name in enumerate(table.names)}
        for row, answer in enumerate(self.answers[precision]):
            best = table.names[int(table.values[row].argmax())]
            score = float(table.values[row, columns[answer.label]]) if answer.label in columns else float("nan")
            is_same = best == answer.label or answer.margin <= 2 * tolerance
            if not (is_same and abs(score - answer.score) <= tolerance):
                now = f"{best!r} ({answer.label!r} {score:.3f})" if best != answer.label else f"{best!r} {score:.3f}"
                return f"text {row} gets {now} in {precision}, when saved {answer.label!r} {answer.score:.3f}"
        return ""


def make_answers(table: Table) -> tuple[GoldenAnswer, ...]:
    """The answers that a table holds."""
    answers = []
    for row in table.values:
        order = np.argsort(-row, kind="stable")
        margin = float(row[order[0]] - row[order[1]]) if len(row) > 1 else float(row[order[0]])
        answers.append(GoldenAnswer(label=table.names[order[0]], score=float(row[order[0]]), margin=margin))
    return tuple(answers)


def compare_neighbours(embeddings: Floats) -> Table:
    """For what has no labels: the cosine of each text's embedding F32[N, D] to each other one; to itself -1."""
    rows = embeddings.astype(np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1.0)
    return Table(tuple(str(row) for row in range(len(rows))), cosines)
