"""Turns texts into token ids with the `tokenizers` library alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from trivet.errors import EncoderError

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Encoded:
    """A text as the engine reads it: ids I64[T], how many tokens the whole text has, and whether some were cut off."""

    ids: Ids
    tokens: int
    truncated: bool


class TextTokenizer:
    """A `tokenizer.json`: at most `max_tokens` ids a text, special tokens counted in, and `prefix` before each text."""

    def __init__(self, path: Path, max_tokens: int, prefix: str = "") -> None:
        """Reads the file.

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
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)
        # Words of the prefix are no words of the text.
        self.bare = len(self._tokenizer.encode(prefix).ids) if prefix else self.specials

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Each text's ids and token count, in order; texts over the limit keep their start."""
        if len(texts) == 1:
            # One text on the calling thread: waking the library's thread pool costs more than the work.
            return [self._count(self._tokenizer.encode(self.prefix + texts[0]))]
        batch = [self.prefix + text for text in texts]
        return [self._count(found) for found in self._tokenizer.encode_batch_fast(batch)]

    def _count(self, found: Encoding) -> Encoded:
        cut = sum(len(piece.ids) - self.specials for piece in found.overflowing)
        return Encoded(np.asarray(found.ids, dtype=np.int64), len(found.ids) + cut, cut > 0)


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
