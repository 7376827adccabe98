"""From the rows of an engine to answers: the half of an artifact that needs no engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts, decode
from trivet.answers.facts import Facts
from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts, decode_labels
from trivet.answers.multitask import MultitaskAnswer, MultitaskFacts, decode_tasks, logits_of, spread_chances
from trivet.answers.next_item import NextItemAnswer, NextItemFacts, decode_next
from trivet.answers.regression import VALUE, RegressionAnswer, RegressionFacts, decode_values
from trivet.answers.similarity import SimilarityFacts
from trivet.answers.tagging import TaggingAnswer, TaggingFacts, type_probabilities
from trivet.answers.tagging import decode as decode_spans
from trivet.artifact.golden import Table, compare_neighbours
from trivet.errors import ArtifactError
from trivet.heads.head import Head
from trivet.heads.prototypes import Prototypes, normalise
from trivet.runtime.engine import Floats
from trivet.runtime.tokens import Encoded
from trivet.trust.novelty import novelty
from trivet.trust.platt import label_probabilities
from trivet.trust.temperature import probabilities
from trivet.trust.vector_scaling import calibrate
from trivet.trust.yardstick import Yardstick

Answer: TypeAlias = (
    ClassificationAnswer | NextItemAnswer | TaggingAnswer | MultilabelAnswer | RegressionAnswer | MultitaskAnswer
)


@dataclass(frozen=True)
class Answering:
    """Facts with the head and the prototypes that they belong to.

    Novelty is measured by the yardstick, without one by the prototypes.
    """

    facts: Facts
    head: Head | None
    prototypes: Prototypes | None
    yardstick: Yardstick | None = None

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
                if self.prototypes is None and self.yardstick is None and self.facts.novelty_threshold is not None:
                    raise ArtifactError(
                        "there is a threshold of novelty but no prototypes to measure it by.", where="facts"
                    )
            case TaggingFacts():
                if self.head is not None or "token_logits" not in outputs:
                    raise ArtifactError("a tagger is a graph that answers token_logits, without a head.", where="head")
            case MultitaskFacts(tasks=tasks):
                lacking = [name for name in tasks if logits_of(name) not in outputs]
                if self.head is not None or lacking:
                    raise ArtifactError("the graph does not answer logits for every task.", where="head")
                if self.prototypes is None or self.prototypes.labels != self.facts.labels:
                    raise ArtifactError("the prototypes have other labels than the facts.", where="facts.labels")
            case MultilabelFacts():
                self._check_scores(self.facts.labels, outputs)
            case RegressionFacts():
                self._check_scores(VALUE, outputs)
            case NextItemFacts():
                if self.head is not None or "logits" not in outputs:
                    raise ArtifactError(
                        "a next-item model is a graph that answers logits, without a head.", where="head"
                    )
            case SimilarityFacts(dim=dim):
                if self.head is not None and len(self.head.labels) != dim:
                    raise ArtifactError("the head gives another width than the facts say.", where="facts.dim")

    def answer(self, outputs: Mapping[str, Floats], encoded: Sequence[Encoded], *, top: int) -> Sequence[Answer]:
        """An answer a row of the outputs: the `top` likeliest labels or items, spans, a set of labels or a number.

        Raises:
            ArtifactError: the model embeds only.
        """
        tokens, truncated = [text.tokens for text in encoded], [text.truncated for text in encoded]
        match self.facts:
            case ClassificationFacts():
                return self.classify(outputs, encoded, top=top)
            case TaggingFacts():
                spellings = [text.spelling for text in encoded if text.spelling is not None]
                assert len(spellings) == len(encoded), "a tagger's tokenizer keeps where tokens stand"
                scores = list(outputs["token_logits"])
                return decode_spans(scores, self.facts, spellings, tokens=tokens, truncated=truncated)
            case NextItemFacts():
                histories = [text.ids for text in encoded]
                return decode_next(
                    outputs["logits"], self.facts, histories=histories, tokens=tokens, truncated=truncated, top=top
                )
            case MultilabelFacts():
                return decode_labels(self.score(outputs), self.facts, tokens=tokens, truncated=truncated, top=top)
            case RegressionFacts():
                return decode_values(self.score(outputs), self.facts, tokens=tokens, truncated=truncated)
            case MultitaskFacts():
                return self._answer_tasks(self.facts, outputs, tokens=tokens, truncated=truncated, top=top)
            case SimilarityFacts():
                raise ArtifactError("the model embeds only.", where="task", todo="Use its embeddings.")
            case _:
                assert_never(self.facts)

    def classify(
        self, outputs: Mapping[str, Floats], encoded: Sequence[Encoded], *, top: int
    ) -> list[ClassificationAnswer]:
        """As `answer`, of a model that gives one label of several.

        Raises:
            ArtifactError: the model does something else.
        """
        if not isinstance(self.facts, ClassificationFacts):
            raise ArtifactError(
                f"it does not tell labels apart: its task is {self.facts.kind}.",
                where="task",
                todo="Use a model of the task classification.",
            )
        return decode(
            self.score(outputs),
            self.facts,
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

    def embed(self, outputs: Mapping[str, Floats]) -> Floats:
        """Embeddings F32[N, D] of unit length: the graph's own, or where the head of a similarity model puts them."""
        if self.head is None or not isinstance(self.facts, SimilarityFacts):
            return outputs["embedding"]
        return normalise(self.head.scores(outputs["embedding"]))

    def measure_novelty(self, outputs: Mapping[str, Floats]) -> NDArray[np.float32] | None:
        """How foreign each row is, F32[N]; None without anything to measure it by."""
        if self.yardstick is not None:
            return self.yardstick.measure(self.score(outputs), outputs["embedding"])
        return None if self.prototypes is None else novelty(outputs["embedding"], self.prototypes.means)

    def tabulate(self, outputs: Mapping[str, Floats]) -> Table:
        """What golden answers are read from: probabilities by label or type, or cosines between the texts."""
        match self.facts:
            case ClassificationFacts():
                chances = calibrate(self.score(outputs), self.facts.temperature, self.facts.vector)
                return Table(self.facts.labels, chances)
            case MultitaskFacts(labels=labels):
                return Table(labels, spread_chances(_by_task(self.facts, outputs), self.facts))
            case MultilabelFacts(slopes=slopes, shifts=shifts):
                return Table(self.facts.labels, label_probabilities(self.score(outputs), slopes, shifts))
            case RegressionFacts():
                return Table(VALUE, self.score(outputs).astype(np.float64))
            case NextItemFacts():
                return Table(self.facts.items, probabilities(outputs["logits"], 1.0))
            case SimilarityFacts():
                return compare_neighbours(self.embed(outputs))
            case TaggingFacts():
                return Table(("", *self.facts.types), type_probabilities(outputs["token_logits"], self.facts))

    def _answer_tasks(
        self,
        facts: MultitaskFacts,
        outputs: Mapping[str, Floats],
        *,
        tokens: Sequence[int],
        truncated: Sequence[bool],
        top: int,
    ) -> list[MultitaskAnswer]:
        """Novelty is measured task by task: a text of one task may be foreign to another."""
        assert self.prototypes is not None, "checked when the parts were put together"
        means = self.prototypes.means
        foreign = {name: novelty(outputs["embedding"], means[place]) for name, place in facts.places.items()}
        scores = _by_task(facts, outputs)
        return decode_tasks(scores, facts, novelty=foreign, tokens=tokens, truncated=truncated, top=top)

    def _check_scores(self, names: tuple[str, ...], outputs: Sequence[str]) -> None:
        if self.head is None and "logits" not in outputs:
            raise ArtifactError("there is neither a head nor a graph that answers logits.", where="head")
        if self.head is not None and self.head.labels != names:
            raise ArtifactError("the head has other columns than the facts.", where="facts")
        if self.prototypes is not None:
            raise ArtifactError("prototypes are of models with one label a text.", where="prototypes")


def _by_task(facts: MultitaskFacts, outputs: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name: outputs[logits_of(name)] for name in facts.tasks}
