"""Misspelt words put right by the words that a model learnt from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trivet_support.hearing.keyboard import are_beside

# Runs of letters of alphabets; writing without blanks has no words that could be told apart this way.
_WORD = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
# A word that was seen once may itself be misspelt.
LEAST_SEEN = 2
_SHORTEST, _LONGEST = 3, 24
# A message with more words that nobody knows is not a misspelt one.
_MOST = 8
# How likely a slip is beside two swapped letters: one doubled, one left out or put in, one key beside another.
_SWAPPED, _DOUBLED, _LOST, _ADDED, _BESIDE, _ELSEWHERE = 1.0, 1.0, 0.6, 0.3, 0.6, 0.05
# The first letter is seldom wrong.
_FIRST_WRONG = 0.1


@dataclass(frozen=True)
class Spelling:
    """Words with how often each was seen in training, and a way to tell that a word is one though it was not seen.

    A word that is known so or so is left as it is; another becomes the likeliest word that one slip of the finger
    turns into it (a noisy channel; Kernighan, Church and Gale 1990), or stays where there is none.
    """

    seen: Mapping[str, int]
    is_word: Callable[[str], bool]
    letters: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "letters", "".join(sorted({letter for word in self.seen for letter in word})))

    def mend(self, text: str) -> str:
        """The text with its misspelt words put right, everything else as it was."""
        left = _MOST

        def put(found: re.Match[str]) -> str:
            nonlocal left
            word = found.group()
            if not left or not self._is_strange(word):
                return word
            left -= 1
            return self._likeliest(word.lower()) or word

        return _WORD.sub(put, text)

    def _is_strange(self, word: str) -> bool:
        if not _SHORTEST <= len(word) <= _LONGEST:
            return False
        return self.seen.get(word.lower(), 0) < LEAST_SEEN and not self.is_word(word)

    def _likeliest(self, word: str) -> str:
        best, weight = "", 0.0
        for other, chance in _slips(word, self.letters):
            count = self.seen.get(other, 0)
            if count >= LEAST_SEEN:
                whole = chance * count * (1.0 if other[0] == word[0] else _FIRST_WRONG)
                if whole > weight:
                    best, weight = other, whole
        return best


def count_words(texts: Iterable[str]) -> dict[str, int]:
    """How often each word stands in the texts, in small letters; words that were seen too seldom are left out."""
    counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
    return {word: count for word, count in counts.items() if count >= LEAST_SEEN}


def _slips(word: str, letters: str) -> Iterator[tuple[str, float]]:
    """What may have been meant by a word, with the chance of the slip that made the word of it."""
    for at in range(len(word) + 1):
        before, rest = word[:at], word[at:]
        for letter in letters:
            yield before + letter + rest, _LOST
        if not rest:
            continue
        yield before + rest[1:], _DOUBLED if before and before[-1] == rest[0] else _ADDED
        if len(rest) > 1:
            yield before + rest[1] + rest[0] + rest[2:], _SWAPPED
        for letter in letters:
            yield before + letter + rest[1:], _BESIDE if are_beside(letter, rest[0]) else _ELSEWHERE
