"""Turns texts into token ids with the `tokenizers` library alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from trivet.answers.spelling import Spelling
from trivet.data.context import split_context
from trivet.errors import EncoderError

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Encoded:
    """A text as the engine reads it: ids I64[T], how many tokens the whole text has, and whether some were cut off.

    `spelling` says where the tokens stand, where the tokenizer was asked to keep it.
    """

    ids: Ids
    tokens: int
    truncated: bool
    spelling: Spelling | None = None


class TextTokenizer:
    """A `tokenizer.json`: at most `max_tokens` ids a text, special tokens counted in, and `prefix` before each text."""

    def __init__(self, path: Path, max_tokens: int, prefix: str = "", *, spelled: bool = False) -> None:
        """Reads the file; `spelled` keeps where each token stands in its text, which costs a third more time.

        Raises:
            EncoderError: it is missing or no tokenizer, or `max_tokens` leaves no room for a word.
        """
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception for all that can be wrong with a file
            raise EncoderError(
                f"cannot read the tokenizer ({error}).", where=str(path), todo="Fetch the encoder again."
            ) from error
        self.specials = int(self._tokenizer.num_special_tokens_to_add(is_pair=False))
        if max_tokens <= self.specials:
            what = f"{max_tokens} tokens leave no room beside {self.specials} special ones."
            raise EncoderError(what, where=str(path))
        self.path = path
        self.max_tokens = max_tokens
        self.prefix = prefix
        self.spelled = spelled
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)
        # Words of the prefix are no words of the text.
        self.bare = len(self._tokenizer.encode(prefix).ids) if prefix else self.specials

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text's ids and token count, in order; texts over the limit keep their start."""
        if len(texts) == 1:
            # One text on the calling thread: waking the library's thread pool costs more than the work.
            return [self._count(self._tokenizer.encode(self.prefix + texts[0]), texts[0])]
        batch = [self.prefix + text for text in texts]
        # The fast way does not look where tokens stand.
        encode = self._tokenizer.encode_batch if self.spelled else self._tokenizer.encode_batch_fast
        return [self._count(found, text) for found, text in zip(encode(batch), texts, strict=True)]

    def _count(self, found: Encoding, text: str) -> Encoded:
        cut = sum(len(piece.ids) - self.specials for piece in found.overflowing)
        spelling = self._spell(found, text) if self.spelled else None
        return Encoded(np.asarray(found.ids, dtype=np.int64), len(found.ids) + cut, cut > 0, spelling)

    def _spell(self, found: Encoding, joined: str) -> Spelling:
        """Ends within the text that follows prefix and context; what stands in those is no word of the text."""
        text = split_context(joined)[1]
        before = len(self.prefix) + len(joined) - len(text)
        offsets = np.asarray(found.offsets, dtype=np.int64).reshape(-1, 2) - before
        words = np.array([-1 if word is None else word for word in found.word_ids], dtype=np.int64)
        words[offsets[:, 1] <= 0] = -1
        return Spelling(text, np.maximum(offsets, 0), words)


def pad(encoded: Sequence[Encoded], multiple: int = 8) -> tuple[Ids, Ids]:
    """Ids and mask I64[B,T] of a batch (mask 1: token, 0: padding); T is the longest, rounded up to `multiple`."""
    assert encoded, "a batch has at least one text"
    longest = max(len(text.ids) for text in encoded)
    width = -(-max(longest, 1) // multiple) * multiple
    ids = np.zeros((len(encoded), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(encoded):
        ids[row, : len(text.ids)] = text.ids
        mask[row, : len(text.ids)] = 1
    return ids, mask
