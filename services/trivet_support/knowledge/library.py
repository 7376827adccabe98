"""What a tenant knows, ready to be asked: passages, their vectors by one encoder, and their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trivet_support.knowledge.lexical import LexicalIndex
from trivet_support.knowledge.passage import Passage

F32 = npt.NDArray[np.float32]

# Chosen on the samples, a FAQ of one and of five questions an intent for each of the four houses: of what is claimed
# four of five are right, and to the others' questions nothing is claimed in 98 of 100 (`measures/knowledge.py` judges
# it elsewhere).
MEANING = 0.7
LEAST = 0.5
LEAST_OF_WORDS = 0.5


@dataclass(frozen=True)
class Hit:
    """A passage, how near it is to what was asked (0 to 1), and whether that is near enough to claim it."""

    passage: Passage
    score: float
    is_claimed: bool


class Library:
    """Never changed, only replaced: a search sees all of a change or nothing."""

    def __init__(self, passages: Sequence[Passage], vectors: Mapping[str, F32], *, encoder: str) -> None:
        """Passages with the vectors F32[D] of unit length that `encoder` gave to their digests, as far as it has."""
        self.passages = tuple(passages)
        self.encoder = encoder
        self._given = vectors
        self._lexical = LexicalIndex([passage.words for passage in self.passages])
        self._rows = np.array([at for at, one in enumerate(self.passages) if one.digest in vectors], dtype=np.int64)
        found = [vectors[self.passages[row].digest] for row in self._rows]
        self._vectors = np.stack(found) if found else np.empty((0, 0), dtype=np.float32)

    def __len__(self) -> int:
        return len(self.passages)

    @property
    def is_whole(self) -> bool:
        """Whether every passage has its vector."""
        return len(self._rows) == len(self.passages)

    def without(self, document: str) -> Library:
        """The same library without a document."""
        kept = [passage for passage in self.passages if passage.document != document]
        return Library(kept, self._given, encoder=self.encoder)

    def lacking(self) -> list[Passage]:
        """Passages without a vector."""
        have = set(self._rows.tolist())
        return [passage for at, passage in enumerate(self.passages) if at not in have]

    def search(self, text: str, vector: F32 | None, *, count: int) -> list[Hit]:
        """The `count` nearest passages to a question, best first; `vector` F32[D] is the encoder's of it.

        Passages without a vector are told by their words alone, which have to say more.
        """
        words = self._lexical.score(text)
        scores, least = words.copy(), np.full(len(self.passages), LEAST_OF_WORDS, dtype=np.float32)
        if vector is not None and len(self._rows):
            meaning = np.clip(self._vectors @ vector, 0.0, 1.0)
            scores[self._rows] = MEANING * meaning + (1 - MEANING) * words[self._rows]
            least[self._rows] = LEAST
        best = np.argsort(-scores, kind="stable")[:count]
        return [Hit(self.passages[at], float(scores[at]), bool(scores[at] >= least[at])) for at in best]
