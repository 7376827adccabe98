"""From the rows of an engine to answers: the half of an artifact that needs no engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts, decode
from trivet.answers.facts import Facts
from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.golden import Table, compare_neighbours
from trivet.errors import ArtifactError
from trivet.heads.head import Head
from trivet.heads.prototypes import Prototypes
from trivet.runtime.engine import Floats
from trivet.runtime.tokens import Encoded
from trivet.trust.novelty import novelty
from trivet.trust.temperature import probabilities

Answer: TypeAlias = ClassificationAnswer


@dataclass(frozen=True)
class Answering:
    """Facts with the head and the prototypes that they belong to."""

    facts: Facts
    head: Head | None
    prototypes: Prototypes | None

    def check(self, outputs: Sequence[str]) -> None:
        """The parts go together and with a graph of these outputs.

        Raises:
            ArtifactError: they do not.
        """
        match self.facts:
            case ClassificationFacts(labels=labels):
                if self.head is None and "logits" not in outputs:
                    raise ArtifactError("there is neither a head nor a graph that answers logits.", where="head")
                if self.head is not None and self.head.labels != labels:
                    raise ArtifactError("the head has other labels than the facts.", where="facts.labels")
                if self.prototypes is not None and self.prototypes.labels != labels:
                    raise ArtifactError("the prototypes have other labels than the facts.", where="facts.labels")
                if self.prototypes is None and self.facts.novelty_threshold is not None:
                    raise ArtifactError(
                        "there is a threshold of novelty but no prototypes to measure it by.", where="facts"
                    )
            case SimilarityFacts():
                if self.head is not None:
                    raise ArtifactError("a similarity model has no head.", where="head")

    def answer(self, outputs: Mapping[str, Floats], encoded: Sequence[Encoded], *, top: int) -> list[Answer]:
        """An answer a row of the outputs, with the `top` likeliest labels.

        Raises:
            ArtifactError: the model has no labels.
        """
        facts = self._classification()
        return decode(
            self.score(outputs),
            facts,
            novelty=self.measure_novelty(outputs),
            tokens=[text.tokens for text in encoded],
            truncated=[text.truncated for text in encoded],
            top=top,
        )

    def score(self, outputs: Mapping[str, Floats]) -> Floats:
        """Scores F32[N, C] by the graph's own logits, or by the head over its embeddings."""
        if self.head is None:
            return outputs["logits"]
        return self.head.scores(outputs["embedding"])

    def measure_novelty(self, outputs: Mapping[str, Floats]) -> NDArray[np.float32] | None:
        """How foreign each row is, F32[N]; None without prototypes."""
        return None if self.prototypes is None else novelty(outputs["embedding"], self.prototypes.means)

    def tabulate(self, outputs: Mapping[str, Floats]) -> Table:
        """What golden answers are read from: probabilities by label, or cosines between the texts."""
        match self.facts:
            case ClassificationFacts():
                return Table(self.facts.labels, probabilities(self.score(outputs), self.facts.temperature))
            case SimilarityFacts():
                return compare_neighbours(outputs)

    def _classification(self) -> ClassificationFacts:
        if isinstance(self.facts, ClassificationFacts):
            return self.facts
        raise ArtifactError(
            "a similarity model has no labels to answer with.", where="task", todo="Use its embeddings."
        )
