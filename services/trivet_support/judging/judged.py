"""A model before the rows that a suite judges it on; each thing is read or answered once, when first asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.served import Running, running_service
from trivet.data.context import join_context, split_context
from trivet.data.dataset import Dataset
from trivet.data.frames import check_labels
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.errors import TrivetError
from trivet.evaluation.predictions import index_labels
from trivet.recipe.data import DataRecipe
from trivet.runtime.offline import run_sorted
from trivet.settings import Settings
from trivet_support.hearing.learnt import spelling_of
from trivet_support.hearing.plain import make_plain
from trivet_support.hearing.spelling import Spelling
from trivet_support.judging.changes import change_all
from trivet_support.judging.simpler import SimplerWays
from trivet_support.scope import Scope
from trivet_support.sense import Sense
from trivet_support.turn import Turn

if TYPE_CHECKING:
    import pandas as pd

# Test rows that a quick run looks at.
QUICK_ROWS = 500


@dataclass(frozen=True)
class Answered:
    """Answers to messages as they are served: the whole ranking, and what a bot is told to do."""

    answers: tuple[ClassificationAnswer, ...]
    decisions: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """The likeliest intent of each message."""
        return [answer.label for answer in self.answers]

    @property
    def confidences(self) -> NDArray[np.float64]:
        """The probability of the likeliest intent F64[N]."""
        return np.array([answer.confidence for answer in self.answers], dtype=np.float64)

    @property
    def is_answered(self) -> NDArray[np.bool_]:
        """Which messages are answered without a person, bool[N]."""
        return np.array([decision == "answer" for decision in self.decisions], dtype=bool)

    @property
    def novelties(self) -> NDArray[np.float64]:
        """How foreign each message is F64[N]; by its confidence where the model measures nothing else."""
        return np.array(
            [1 - answer.confidence if answer.novelty is None else answer.novelty for answer in self.answers],
            dtype=np.float64,
        )


class Judged:
    """A classifier with the rows it is judged on, and what they are compared with."""

    def __init__(
        self,
        artifact: Artifact,
        data: DataRecipe,
        settings: Settings,
        *,
        against: Artifact | None = None,
        is_quick: bool = False,
        seed: int = 0,
        resources: ExitStack | None = None,
    ) -> None:
        """Nothing is read yet; a server that is asked for ends with `resources`.

        Raises:
            TrivetError: the model does something else than to tell intents apart.
        """
        facts = artifact.facts
        if not isinstance(facts, ClassificationFacts):
            raise TrivetError(
                f"it does not tell intents apart: its task is {facts.kind}.",
                where=artifact.recipe.name,
                todo="Judge a model of the task classification.",
            )
        self.artifact, self.facts, self.data, self.settings = artifact, facts, data, settings
        self.against, self.is_quick, self.seed = against, is_quick, seed
        self._resources = resources or ExitStack()

    @property
    def labels(self) -> tuple[str, ...]:
        """The intents that the model knows."""
        return self.facts.labels

    @cached_property
    def dataset(self) -> Dataset:
        """The data set that is judged on."""
        return open_dataset(self.data, self.settings)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The test rows; a quick run draws some of them.

        Raises:
            DataError: they are missing or bad, or hold an intent that the model has not learnt.
        """
        rows = test_rows(self.dataset, self.data)
        check_labels(self.labels, rows)
        if self.is_quick and len(rows) > QUICK_ROWS:
            rows = rows.sample(QUICK_ROWS, random_state=self.seed).reset_index(drop=True)
        return rows

    @cached_property
    def train(self) -> pd.DataFrame:
        """The rows that the model learnt from."""
        own = self.artifact.recipe.data
        return training_rows(open_dataset(own, self.settings), own)

    @property
    def texts(self) -> list[str]:
        """The messages of the test rows."""
        return list(self.rows["text"])

    @cached_property
    def truth(self) -> NDArray[np.int64]:
        """The index of each test row's intent I64[N]."""
        return index_labels(list(self.rows["label"]), self.labels)

    @cached_property
    def simpler(self) -> SimplerWays:
        """Simpler ways on the same rows."""
        return SimplerWays(self)

    @cached_property
    def spelling(self) -> Spelling:
        """The words that the model learnt from, as a server counts them."""
        return spelling_of(self.artifact, list(self.train["text"]))

    def hear(self, texts: Sequence[str]) -> list[str]:
        """The messages as the model reads them when it serves; a history in front of one stays as it is."""
        parts = [split_context(text) for text in texts]
        return [join_context(said, make_plain(message, self.spelling)) for said, message in parts]

    def change(self, texts: Sequence[str], name: str) -> list[str]:
        """The messages with one small change each; a history in front of one stays as it is."""
        parts = [split_context(text) for text in texts]
        changed = change_all([message for _, message in parts], name, seed=self.seed)
        return [join_context(said, message) for (said, _), message in zip(parts, changed, strict=True)]

    def answer(self, texts: Sequence[str], *, by: Artifact | None = None, is_raw: bool = False) -> Answered:
        """Answers as served, `by` another model of the same intents; `is_raw` reads the messages as they were typed."""
        artifact = by or self.artifact
        answers = artifact.classify(list(texts) if is_raw else self.hear(texts), top=len(self.labels))
        sense, turns = sense_of(artifact), [Turn(split_context(text)[1]) for text in texts]
        decisions = (sense.read(turn, [answer]).decision for turn, answer in zip(turns, answers, strict=True))
        return Answered(tuple(answers), tuple(decisions))

    @cached_property
    def answered(self) -> Answered:
        """Answers to the test rows as served."""
        return self.answer(self.texts)

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The index of each answer I64[N]."""
        return index_labels(self.answered.labels, self.labels)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Which answers are right, bool[N]."""
        return np.asarray(self.predicted == self.truth, dtype=bool)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Scores before any calibration F64[N, C]."""
        encoded = self.artifact.encode(self.hear(self.texts))
        outputs = run_sorted(self.artifact.graph.engine, encoded)
        return np.asarray(self.artifact.answering.score(outputs), dtype=np.float64)

    @cached_property
    def chances(self) -> NDArray[np.float64]:
        """Calibrated probabilities F64[N, C] in the order of the intents."""
        places = {label: at for at, label in enumerate(self.labels)}
        found = np.zeros((len(self.answered.answers), len(self.labels)))
        for row, answer in enumerate(self.answered.answers):
            for label, chance in answer.ranking:
                found[row, places[label]] = chance
        return found

    @cached_property
    def service(self) -> Running:
        """A `trivet serve` over the model, for what only a whole server shows; nobody's data are in it.

        Raises:
            TrivetError: it does not start.
        """
        home = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="trivet-")))
        words = ("support", "--insecure", "--model", f"support={self.artifact.path}")
        running = running_service(words, self.settings, home=home, modules=home / "modules")
        return self._resources.enter_context(running)


def sense_of(artifact: Artifact) -> Sense:
    """How a server makes sense of messages with a classifier, at the operating point that it was trained with."""
    assert isinstance(artifact.facts, ClassificationFacts), "asked of classifiers"
    return Sense(artifact.facts, Scope.of(artifact), None, {}, None)
