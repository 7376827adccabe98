"""Why a text got its answer: the words that carry it, and the training rows that are most like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trivet.answers.classification import ClassificationAnswer
from trivet.artifact.artifact import Artifact
from trivet.explain.attribution import Attribution, attribute, check_explained
from trivet.explain.neighbours import Neighbour, TrainingExamples


@dataclass(frozen=True)
class Explanation:
    """A text, its answer, the weights of its words for that answer, and the nearest training rows."""

    text: str
    answer: ClassificationAnswer
    attribution: Attribution
    examples: tuple[Neighbour, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, words in the order of the text."""
        return {
            "text": self.text,
            "label": self.answer.label,
            "confidence": self.answer.confidence,
            "decision": self.answer.decision,
            "truncated": self.answer.truncated,
            "words": [asdict(word) for word in self.attribution.words],
            "rows": self.attribution.rows,
            "examples": [asdict(example) for example in self.examples],
        }


def explain(
    artifact: Artifact, texts: Sequence[str], *, examples: TrainingExamples | None = None, k: int = 5
) -> list[Explanation]:
    """An explanation a text, in their order, with the `k` nearest of the examples.

    Raises:
        InputError: a text is no string, empty or not valid Unicode.
        ArtifactError: the model does not answer with one of several labels, or is closed.
    """
    check_explained(artifact.answering)
    answers = artifact.classify(texts)
    near: list[tuple[Neighbour, ...]] = [()] * len(texts)
    if examples is not None and k:
        near = examples.nearest(artifact.embed(texts), k)
    weighed = attribute(artifact, texts, [answer.label for answer in answers])
    return [Explanation(*one) for one in zip(texts, answers, weighed, near, strict=True)]
