"""Passages that hold the words of a question (BM25).

The libraries there are score all passages anew for each (rank-bm25), or bring 30 MB and most of a second to a server
that starts (bm25s); this is the one formula over lists of passages by word.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]

# Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009: the usual values.
_K1 = 1.2
_B = 0.75
# Words that say little, however small the collection is in which they may be rare.
_COMMON = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "do", "does", "for", "from", "has",
    "have", "how", "i", "if", "in", "is", "it", "me", "my", "of", "on", "or", "our", "please", "so", "that", "the",
    "their", "them", "there", "they", "this", "to", "us", "was", "we", "what", "when", "where", "which", "who",
    "why", "will", "with", "would", "you", "your",
})  # fmt: skip


class LexicalIndex:
    """Which words stand in which of N texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(split_words(text)) for text in texts]
        lengths = np.array([sum(count.values()) for count in counts], dtype=np.float32)
        mean = float(lengths.mean()) if len(texts) else 0.0
        norms = _K1 * (1 - _B + _B * lengths / (mean or 1.0))
        places: dict[str, list[tuple[int, int]]] = {}
        for row, count in enumerate(counts):
            for word, times in count.items():
                places.setdefault(word, []).append((row, times))
        self._size = len(texts)
        self._places = {word: _saturate(found, norms) for word, found in places.items()}

    def score(self, text: str) -> F32:
        """How much of a question stands in each text, F32[N] from 0 to 1: BM25 over the most that it could be."""
        scores, most = np.zeros(self._size, dtype=np.float32), 0.0
        for word in set(split_words(text)):
            rows, weights = self._places.get(word, _NOWHERE)
            rarity = self._rarity(word, len(rows))
            most += rarity
            scores[rows] += rarity * weights
        return scores / most if most else scores

    def _rarity(self, word: str, found: int) -> float:
        """The inverse frequency of a word; one that stands everywhere in the language is never rare."""
        rarity = math.log(1 + (self._size - found + 0.5) / (found + 0.5))
        return min(rarity, 0.1) if word in _COMMON else rarity


def split_words(text: str) -> Iterator[str]:
    """Words as they are compared: folded, without marks; of scripts without spaces every letter and pair of letters."""
    word: list[str] = []
    run: list[str] = []
    for letter in unicodedata.normalize("NFKC", text).casefold() + " ":
        is_ideograph = "\u3040" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff"
        if run and not is_ideograph:
            yield from run
            yield from (first + second for first, second in pairwise(run))
            run = []
        if is_ideograph:
            run.append(letter)
        elif letter.isalnum():
            word.append(letter)
            continue
        if word:
            yield _stem("".join(word))
            word = []


def _stem(word: str) -> str:
    """A word without the endings that most often keep two forms of one apart in English."""
    for ending, least in (("ies", 5), ("ing", 6), ("es", 5), ("ed", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word.removesuffix(ending) + ("y" if ending == "ies" else "")
    return word


_NOWHERE: tuple[npt.NDArray[np.int32], F32] = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))


def _saturate(found: Sequence[tuple[int, int]], norms: F32) -> tuple[npt.NDArray[np.int32], F32]:
    """Rows of a word, and how much of its weight each gets: more with every time, less and less."""
    rows = np.array([row for row, _ in found], dtype=np.int32)
    times = np.array([times for _, times in found], dtype=np.float32)
    return rows, np.minimum(times * (_K1 + 1) / (times + norms[rows]), 1.0)
