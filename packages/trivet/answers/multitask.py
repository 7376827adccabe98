"""Several labels of different kinds for one text: a classification a task, from one pass of the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts, decode
from trivet.answers.reading import check_names, read_count
from trivet.errors import ArtifactError
from trivet.trust.vector_scaling import calibrate


@dataclass(frozen=True)
class MultitaskFacts:
    """What training found out about each task, by its name in alphabetical order; all read texts of the same length."""

    tasks: Mapping[str, ClassificationFacts]
    max_tokens: int
    kind: Literal["multitask"] = field(default="multitask", init=False)

    def __post_init__(self) -> None:
        # JSON objects have no order, and labels of all tasks stand side by side in the tensors of an artifact.
        object.__setattr__(self, "tasks", dict(sorted(self.tasks.items())))

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all tasks as TASK/LABEL, in their order."""
        return tuple(join_label(name, label) for name, facts in self.tasks.items() for label in facts.labels)

    @property
    def places(self) -> Mapping[str, slice]:
        """Where the labels of each task stand among all."""
        ends = np.cumsum([len(facts.labels) for facts in self.tasks.values()]).tolist()
        return {name: slice(start, end) for name, start, end in zip(self.tasks, [0, *ends], ends, strict=False)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> MultitaskFacts:
        """The facts that `facts_to_json` wrote.

        Raises:
            ArtifactError: a fact that is missing, unknown, of another type or out of range, or fewer than two tasks.
        """
        check_names(values, ("kind", "tasks", "max_tokens"))
        tasks = values["tasks"]
        if not isinstance(tasks, Mapping) or len(tasks) < 2:
            raise ArtifactError("it holds the facts of two tasks or more.", where="facts.tasks")
        read = {}
        for name, facts in tasks.items():
            if not isinstance(facts, Mapping) or facts.get("kind") != "classification":
                raise ArtifactError("a task has the facts of a classification.", where=f"facts.tasks.{name}")
            read[str(name)] = ClassificationFacts.from_json(facts)
        return cls(read, read_count(values, "max_tokens"))


@dataclass(frozen=True)
class MultitaskAnswer:
    """The answer of each task, by its name; `tokens` counts the whole text, also where it was truncated."""

    answers: Mapping[str, ClassificationAnswer]
    tokens: int
    truncated: bool


def join_label(task: str, label: str) -> str:
    """A label that no other task has."""
    return f"{task}/{label}"


def logits_of(task: str) -> str:
    """The name of the graph's output with the logits of a task."""
    return f"logits.{task}"


def decode_tasks(
    scores: Mapping[str, ArrayLike],
    facts: MultitaskFacts,
    *,
    novelty: Mapping[str, ArrayLike],
    tokens: Sequence[int],
    truncated: Sequence[bool],
    top: int = 5,
) -> list[MultitaskAnswer]:
    """An answer a row of scores [N, C] by task; each task has its own temperature, promise and novelty [N].

    Raises:
        InputError: as `classification.decode`.
    """
    by_task = {
        name: decode(scores[name], own, novelty=novelty.get(name), tokens=tokens, truncated=truncated, top=top)
        for name, own in facts.tasks.items()
    }
    return [
        MultitaskAnswer({name: answers[row] for name, answers in by_task.items()}, count, cut)
        for row, (count, cut) in enumerate(zip(tokens, truncated, strict=True))
    ]


def spread_chances(scores: Mapping[str, ArrayLike], facts: MultitaskFacts) -> NDArray[np.float64]:
    """Probabilities F64[N*T, C] over the labels of all T tasks: a row a text and task, 0 at labels of other tasks."""
    chances = {name: calibrate(scores[name], own.temperature, own.vector) for name, own in facts.tasks.items()}
    rows = len(next(iter(chances.values())))
    spread = np.zeros((rows, len(chances), len(facts.labels)))
    for task, (name, place) in enumerate(facts.places.items()):
        spread[:, task, place] = chances[name]
    return spread.reshape(rows * len(chances), -1)
