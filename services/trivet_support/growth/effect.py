"""What a change of a tenant's examples does to the answers, and whether that may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trivet_support.growth.extension import Extension, combine, grown_labels
from trivet_support.growth.footings import State

if TYPE_CHECKING:
    from trivet_support.growth.footing import Footing

F32 = npt.NDArray[np.float32]

# Share of the held-out rows that may be answered right no more, unless a change is forced.
TOLERANCE = 0.01
_SHOWN = 10


@dataclass(frozen=True)
class Count:
    """How many of some rows are right by the model alone, before a change and after it.

    `taken` were right before and are not after.
    """

    rows: int
    alone: int
    before: int
    after: int
    taken: int

    @property
    def change(self) -> float:
        """Of accuracy."""
        return (self.after - self.before) / self.rows


@dataclass(frozen=True)
class Effect:
    """The effect on rows that the model has not learnt, where they are at hand; `confused` intents lost some."""

    held_out: Count | None
    confused: tuple[tuple[str, int], ...]
    footing: State
    tolerance: float

    @property
    def passes(self) -> bool:
        """Whether no more is lost than may be, as far as that can be measured."""
        return self.held_out is None or -self.held_out.change <= self.tolerance


@dataclass(frozen=True, eq=False)
class Lesson:
    """Examples F32[N, D] with their intents, at one moment."""

    rows: F32
    intents: Sequence[str]


def measure_effect(
    labels: Sequence[str],
    prototypes: F32,
    footing: Footing | None,
    before: Lesson,
    after: Lesson,
    *,
    state: State,
    tolerance: float = TOLERANCE,
) -> Effect:
    """The effect of examples that become others, beside a model with these labels and prototypes F32[C, D]."""
    if footing is None:
        return Effect(None, (), state, tolerance)
    was = _answer(footing, labels, prototypes, before)
    now = _answer(footing, labels, prototypes, after)
    truth = [labels[at] for at in footing.truth]
    lost = Counter(name for name, one, other in zip(truth, was, now, strict=True) if one == name != other)
    alone = [labels[at] for at in footing.known.argmax(axis=1)]
    return Effect(_count(truth, alone, was, now), tuple(lost.most_common(_SHOWN)), state, tolerance)


def _answer(footing: Footing, labels: Sequence[str], prototypes: F32, lesson: Lesson) -> list[str]:
    """What held-out rows are answered with a lesson."""
    if not len(lesson.intents):
        return [labels[at] for at in footing.known.argmax(axis=1)]
    extension = Extension.fit(prototypes, footing.spread, lesson.rows, lesson.intents)
    names = grown_labels(labels, extension)
    chances = combine(footing.known.astype(np.float64), extension, footing.embeddings, labels)
    return [names[at] for at in chances.argmax(axis=1)]


def _count(truth: Sequence[str], alone: Sequence[str], was: Sequence[str], now: Sequence[str]) -> Count:
    before = sum(one == name for one, name in zip(was, truth, strict=True))
    after = sum(one == name for one, name in zip(now, truth, strict=True))
    taken = sum(one == name != other for one, other, name in zip(was, now, truth, strict=True))
    own = sum(one == name for one, name in zip(alone, truth, strict=True))
    return Count(len(truth), own, before, after, taken)
