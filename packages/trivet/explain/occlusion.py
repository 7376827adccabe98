"""A text without some of its words: what is asked of the model to find out which words carry its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trivet.explain.words import Span, split_words
from trivet.runtime.tokens import TextTokenizer

# Above so many words, neighbours share a unit, so that a long text costs no more rows than this times two.
MOST_UNITS = 128


@dataclass(frozen=True)
class Occlusion:
    """A text and its variants, `2 * len(units)` rows for a text of several words.

    `words` are those that the model reads, `units` the half-open ranges of words that are removed together (one word
    each, up to `MOST_UNITS` words). The first variant is the text as it is read, the next lack a unit each, the last a
    unit and the next one.
    """

    text: str
    words: tuple[Span, ...]
    units: tuple[range, ...]
    variants: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows of the graph it costs."""
        return len(self.variants)

    def weigh(self, values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """How much of the value of the whole text each word carries, F64[words], from the values of the variants.

        A unit's weight is the mean of what its removal takes away: from the text as it is, and from the text that lacks
        its neighbour already, before or after it (Shapley values over neighbours, Chen et al. 2019, arXiv 1808.02610,
        with sets of at most two). So of two words that say the same, each has some. Words of a unit share its weight.
        """
        assert len(values) == self.rows, "there is a value a variant"
        count = len(self.units)
        found = np.asarray(values, dtype=np.float64)
        whole, alone, pairs = found[0], found[1 : count + 1], found[count + 1 :]
        total, times = whole - alone, np.ones(count)
        # Beside the next unit, then beside the one before.
        total[:-1] += alone[1:] - pairs
        total[1:] += alone[:-1] - pairs
        times[:-1] += 1
        times[1:] += 1
        weights = np.zeros(len(self.words))
        for unit, weight in zip(self.units, total / times, strict=True):
            weights[unit.start : unit.stop] = weight / len(unit)
        return weights


def occlude(text: str, tokenizer: TextTokenizer) -> Occlusion:
    """The variants of a text; words that the tokenizer cuts off are left out of it."""
    words = _read_words(text, tokenizer)
    read = read_part(text, words)
    units = _units(len(words))
    lone = [without(read, words, unit) for unit in units]
    pairs = [without(read, words, range(one.start, two.stop)) for one, two in pairwise(units)]
    return Occlusion(text, words, units, (read, *lone, *pairs))


def without(text: str, words: Sequence[Span], removed: Sequence[int]) -> str:
    """The text without those of its words, and without the space after each."""
    kept, start = [], 0
    for at in sorted(removed):
        kept.append(text[start : words[at].start])
        start = words[at].end
        while start < len(text) and text[start].isspace():
            start += 1
    return "".join([*kept, text[start:]])


def read_part(text: str, words: Sequence[Span]) -> str:
    """The text up to the last word that is read: else what was cut off would come in where a word is removed."""
    return text if len(words) == len(split_words(text)) else text[: words[-1].end]


def _read_words(text: str, tokenizer: TextTokenizer) -> tuple[Span, ...]:
    """The words of a text that the model reads to their end, at least one."""
    words = split_words(text)
    if not tokenizer.encode([text])[0].truncated:
        return words
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if tokenizer.encode([text[: words[middle - 1].end]])[0].truncated:
            high = middle - 1
        else:
            low = middle
    return words[:low]


def _units(words: int) -> tuple[range, ...]:
    """Ranges of as equal size as can be, at most `MOST_UNITS`."""
    count = min(words, MOST_UNITS)
    ends = [words * at // count for at in range(count + 1)] if count else [0]
    return tuple(range(start, end) for start, end in pairwise(ends))
