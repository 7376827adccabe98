"""Ranks items for somebody, by as much as is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from trivet.answers.similarity import Shares
from trivet.runtime.vector_index import VectorIndex
from trivet_recommend.behaviour import Behaviour, Seen

F32: TypeAlias = npt.NDArray[np.float32]
Rung = Literal["personal", "session", "popular"]

# Steps of a history that are looked at, and how many steps halve their weight.
STEPS = 30
HALVES_IN = 2.0
# Candidates that the index and popularity each bring in.
CANDIDATES = 200


@dataclass(frozen=True)
class Pick:
    """An item, its score, and the item of the history that spoke for it; empty where none did."""

    item: str
    score: float
    because: str


def recent_steps(history: Sequence[Seen], index: VectorIndex) -> list[tuple[str, float]]:
    """The last wanted items of a history that are in the catalogue, newest first, each once, with weights that fade."""
    steps: dict[str, float] = {}
    for seen in reversed(history):
        if seen.weight > 0 and seen.item not in steps and seen.item in index:
            steps[seen.item] = seen.weight * 0.5 ** (len(steps) / HALVES_IN)
        if len(steps) == STEPS:
            break
    return list(steps.items())


def rank_personal(
    steps: Sequence[tuple[str, float]],
    behaviour: Behaviour,
    index: VectorIndex,
    shares: Shares,
    *,
    barred: Collection[str],
    allowed: Collection[str] | None,
    n: int,
) -> list[Pick]:
    """The `n` best items for somebody who took these steps, in the blend of companions, text and popularity."""
    together, sources = _companions(steps, behaviour)
    weights = np.asarray([weight for _, weight in steps], dtype=np.float32)
    vectors = index.vectors([item for item, _ in steps])
    profile = _unit(weights @ vectors)
    near = index.search(profile[None], CANDIDATES + n, allowed=allowed, excluded=barred)[0]
    names = [
        name
        for name in dict.fromkeys([*(name for name, _ in near), *together])
        if name in index and name not in barred and (allowed is None or name in allowed)
    ]
    if not names:
        return []
    found = index.vectors(names)
    alike = found @ profile
    strongest = max(together.values(), default=0.0) or 1.0
    scores = shares.alike * alike + np.asarray(
        [
            shares.together * together.get(name, 0.0) / strongest + shares.popular * behaviour.popularity(name)
            for name in names
        ],
        dtype=np.float32,
    )
    best = np.argsort(-scores, kind="stable")[:n]
    closest = np.argmax((vectors @ found[best].T) * weights[:, None], axis=0)
    return [
        Pick(names[at], float(scores[at]), sources.get(names[at]) or steps[int(closest[row])][0])
        for row, at in enumerate(best)
    ]


def rank_popular(
    behaviour: Behaviour,
    added: Mapping[str, float],
    *,
    barred: Collection[str],
    allowed: Collection[str] | None,
    n: int,
) -> list[Pick]:
    """What is popular, then what was added last; `added` are all items with the time they came."""

    def may(name: str) -> bool:
        return name in added and name not in barred and (allowed is None or name in allowed)

    popularity = {name: behaviour.popularity(name) for name in behaviour.popular() if may(name)}
    liked = nsmallest(n, popularity, key=lambda name: (-popularity[name], name))
    fresh = nsmallest(
        n - len(liked),
        (name for name in added if may(name) and name not in popularity),
        key=lambda name: (-added[name], name),
    )
    return [Pick(name, popularity.get(name, 0.0), "") for name in [*liked, *fresh]]


def _companions(steps: Sequence[tuple[str, float]], behaviour: Behaviour) -> tuple[dict[str, float], dict[str, str]]:
    """How strongly items go with the steps altogether, and the step that each goes with most."""
    together: dict[str, float] = {}
    strongest: dict[str, tuple[float, str]] = {}
    for item, weight in steps:
        for other, strength in behaviour.companions(item).items():
            part = weight * strength
            together[other] = together.get(other, 0.0) + part
            if part > strongest.get(other, (0.0, ""))[0]:
                strongest[other] = (part, item)
    return together, {other: item for other, (_, item) in strongest.items()}


def _unit(vector: F32) -> F32:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
