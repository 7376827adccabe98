"""Groups of messages that are alike, and what they might be called."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trivet.heads.prototypes import normalise

F32 = npt.NDArray[np.float32]

# Messages of a group, at least.
LEAST = 3
# Share of the way from how alike any two messages are to being the same, that makes two messages alike.
ALIKE = 0.35
_WORD = re.compile(r"[^\W\d_]{2,}")
# Chinese, Japanese and Korean have no blanks between words: pairs of signs stand for words.
_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_COMMON = frozenset(
    """
    the and you your for with can could would should will may how what when where why who which this that these
    those have has had are was were been not but from into out get got give take make want need like please
    thanks thank hi hello hey there here all any some one just still also than then them they its our his her
    she him does did do is it in on at to of my me we us be an as or if so no am
    """.split()  # noqa: SIM905
)
_NAMED = 3


@dataclass(frozen=True)
class Cluster:
    """Places of the messages of a group, the most typical first, and words that tell it apart."""

    members: tuple[int, ...]
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """What an intent of them might be called."""
        return "_".join(self.words) or "new_intent"


def find_clusters(texts: Sequence[str], embeddings: F32) -> list[Cluster]:
    """Groups of texts with embeddings F32[N, D], the largest first; what is like nothing else is in none.

    The message with the most others like it makes the first group with them, and so on with those that are left. How
    alike two must be follows from how alike any two are, for encoders differ in that. Takes N x N numbers.
    """
    if len(texts) < LEAST:
        return []
    rows = normalise(embeddings)
    cosines = rows @ rows.T
    usual = float(np.median(cosines[np.triu_indices(len(rows), k=1)]))
    alike = cosines >= usual + ALIKE * (1.0 - usual)
    is_free = np.ones(len(rows), dtype=bool)
    found: list[tuple[int, ...]] = []
    while True:
        counts = (alike & is_free[None, :]).sum(axis=1) * is_free
        centre = int(counts.argmax())
        if counts[centre] < LEAST:
            break
        members = np.flatnonzero(alike[centre] & is_free)
        is_free[members] = False
        order = np.argsort(-cosines[centre, members], kind="stable")
        found.append(tuple(int(members[at]) for at in order))
    seen = Counter(word for text in texts for word in set(words_of(text)))
    found.sort(key=lambda members: (-len(members), members))
    return [Cluster(members, _name([texts[at] for at in members], seen, len(texts))) for members in found]


def words_of(text: str) -> list[str]:
    """Words of a text that may tell what it is about, in their order."""
    folded = text.casefold()
    words = [word for word in _WORD.findall(_SIGNS.sub(" ", folded)) if word not in _COMMON]
    return words + [run[at : at + 2] for run in _SIGNS.findall(folded) for at in range(len(run) - 1)]


def _name(texts: Sequence[str], seen: Counter[str], total: int) -> tuple[str, ...]:
    """Words that stand in many of these texts and in few others, in the order in which they usually come."""
    inside = Counter(word for text in texts for word in set(words_of(text)))

    def merit(word: str) -> float:
        share = inside[word] / len(texts)
        others = (seen[word] - inside[word] + 0.5) / (total - len(texts) + 1)
        return share * math.log(max(share / others, 1.0))

    best = sorted((word for word, count in inside.items() if count >= 2), key=lambda word: (-merit(word), word))[
        :_NAMED
    ]
    kept = [word for word in best if merit(word) >= 0.4 * merit(best[0])] if best else []
    places = {word: _place(word, texts) for word in kept}
    return tuple(sorted(kept, key=lambda word: (places[word], word)))


def _place(word: str, texts: Sequence[str]) -> float:
    places = [words_of(text).index(word) for text in texts if word in words_of(text)]
    return sum(places) / len(places)
