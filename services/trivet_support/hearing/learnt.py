"""The spelling of a model: the words that it learnt from, and those that its encoder knows as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from trivet_support.hearing.spelling import Spelling, count_words

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.runtime.tokens import TextTokenizer

# A letter of one manuscript: no vocabulary has it.
_NO_WORD = "ꙮ"


def spelling_of(artifact: Artifact, texts: Iterable[str]) -> Spelling:
    """The spelling of a model that learnt from these texts."""
    return spelling_by(artifact, count_words(texts))


def spelling_by(artifact: Artifact, seen: Mapping[str, int]) -> Spelling:
    """The spelling of a model by words with how often each was seen."""
    tokenizer = artifact.tokenizer
    unknown = tuple(tokenizer.encode([_NO_WORD])[0].ids.tolist())
    return Spelling(seen, partial(_is_whole, tokenizer, unknown))


def _is_whole(tokenizer: TextTokenizer, unknown: tuple[int, ...], word: str) -> bool:
    """Whether an encoder knows a word as a whole rather than by pieces or not at all."""
    [found] = tokenizer.encode([word])
    return found.tokens == tokenizer.bare + 1 and tuple(found.ids.tolist()) != unknown
