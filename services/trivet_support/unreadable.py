"""Messages that no one could read: a single letter, signs alone, keys struck at random."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

# How many pieces of a vocabulary each word is written with.
Pieces = Callable[[Sequence[str]], Sequence[int]]

_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")
# A sign of these scripts is a word or a syllable; elsewhere one letter says nothing.
_SYLLABLE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Words that are looked at.
_READ = 24
# A word is broken where it takes a piece of the vocabulary for every other letter, which no word that is common does.
_BROKEN = 0.5
_LEAST_LETTERS = 3
# Share of letters that stand in broken words from which on a message is gibberish: on validation rows of CLINC150,
# BANKING77 and HWU64 4 messages of 5,500 (slang such as `idk`), and 95 % of words made of random keys.
_GIBBERISH = 0.7


def says_nothing(text: str) -> bool:
    """Whether a message is a single letter or digit, one that is repeated, or has none at all, such as an emoji."""
    if _SYLLABLE.search(text):
        return False
    return len({character.casefold() for character in text if character.isalnum()}) < 2


def is_gibberish(text: str, pieces: Pieces) -> bool:
    """Whether most of a message in Latin letters is words that no vocabulary knows, such as `sdkfjh`.

    `pieces` counts the pieces of the vocabulary that the model was trained with.
    """
    words = _LATIN_WORD.findall(text)[:_READ]
    letters = sum(map(len, words))
    if not letters or 2 * letters < sum(character.isalpha() for character in text):
        return False
    broken = sum(
        len(word)
        for word, count in zip(words, pieces(words), strict=True)
        if len(word) >= _LEAST_LETTERS and count / len(word) >= _BROKEN
    )
    return broken / letters >= _GIBBERISH
