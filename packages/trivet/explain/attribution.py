"""Which words an answer rests on, found by leaving words out of the text: the served graph is all it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.answering import Answering
from trivet.artifact.artifact import Artifact
from trivet.errors import ArtifactError
from trivet.explain.occlusion import Occlusion, occlude
from trivet.runtime.engine import Floats
from trivet.runtime.offline import run_sorted

# Texts whose variants are answered at a time, so that a file of long texts does not fill the memory.
TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class WeighedWord:
    """A word at characters `start` to `end` of the text, and how far the probability of the answer falls without it.

    A weight below 0 speaks against the answer.
    """

    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True)
class Attribution:
    """The words that the model read, in their order, with weights for `label`, whose probability is `chance`.

    `rows` is what it cost: rows of the graph.
    """

    label: str
    chance: float
    words: tuple[WeighedWord, ...]
    rows: int

    @property
    def ranked(self) -> tuple[WeighedWord, ...]:
        """The words, heaviest first; equal ones as they stand in the text."""
        return tuple(sorted(self.words, key=lambda word: -word.weight))


def attribute(artifact: Artifact, texts: Sequence[str], labels: Sequence[str]) -> list[Attribution]:
    """How much each word of each text carries of the text's label; texts as `Artifact.encode` takes them.

    Words are removed one by one and together with their neighbour, and all variants of `TEXTS_AT_ONCE` texts are
    answered in batches of like length: twice as many rows as there are words. The same texts give the same weights.

    Raises:
        ArtifactError: the model does not answer with one of several labels.
    """
    found = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        some, theirs = texts[start : start + TEXTS_AT_ONCE], labels[start : start + TEXTS_AT_ONCE]
        occlusions = [occlude(text, artifact.tokenizer) for text in some]
        variants = [variant for one in occlusions for variant in one.variants]
        asked = [label for one, label in zip(occlusions, theirs, strict=True) for _ in one.variants]
        values = np.split(chances(artifact, variants, asked), np.cumsum([one.rows for one in occlusions])[:-1])
        found += [weigh(*one) for one in zip(occlusions, theirs, values, strict=True)]
    return found


def weigh(occlusion: Occlusion, label: str, values: Sequence[float] | NDArray[np.float64]) -> Attribution:
    """The attribution that the label's probabilities of the variants make."""
    weights = occlusion.weigh(values)
    words = [
        WeighedWord(word.start, word.end, word.of(occlusion.text), float(weight))
        for word, weight in zip(occlusion.words, weights, strict=True)
    ]
    return Attribution(label, float(values[0]), tuple(words), occlusion.rows)


def chances(artifact: Artifact, variants: Sequence[str], labels: Sequence[str]) -> NDArray[np.float64]:
    """The probability of its label for each variant, F64[N]; unlike a text, a variant may be empty.

    Raises:
        ArtifactError: the model does not answer with one of several labels.
    """
    check_explained(artifact.answering)
    outputs = run_sorted(artifact.graph.engine, artifact.tokenizer.encode(variants))
    return read_chances(artifact.answering, outputs, labels)


def read_chances(answering: Answering, outputs: Mapping[str, Floats], labels: Sequence[str]) -> NDArray[np.float64]:
    """The probability of its label for each row of the outputs of the graph, F64[N]."""
    table = answering.tabulate(outputs)
    columns = {name: column for column, name in enumerate(table.names)}
    return table.values[np.arange(len(labels)), [columns[label] for label in labels]]


def check_explained(answering: Answering) -> None:
    """The model answers with one of several labels.

    Raises:
        ArtifactError: it does something else.
    """
    if not isinstance(answering.facts, ClassificationFacts):
        raise ArtifactError(
            f"answers of the kind {answering.facts.kind} are not explained.",
            where="task",
            todo="Explain a model that answers with one of several labels.",
        )
