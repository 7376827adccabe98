"""Texts without labels as tokens that know their word: what further pre-training learns from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from trivet.errors import DataError
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.task import Batch, Indices

# How families of encoders spell tokens that are no text, some of which their tokenizer does not know as special.
SPECIAL = r"\[[A-Za-z]+\d*\]|<[a-z/]+>"
# Of a token that belongs to no word: special tokens and padding.
NO_WORD = -1


@dataclass(frozen=True)
class WordRows:
    """Ids I64[T] of each text, the place of each token's word in the text I64[T] (-1: none), and a seed a row."""

    ids: Sequence[Indices]
    words: Sequence[Indices]
    seed: int

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N]."""
        return np.array([len(row) for row in self.ids], dtype=np.int64)


def read_words(texts: Sequence[str], tokenizer: TextTokenizer, *, whole_words: bool, seed: int) -> WordRows:
    """The texts, cut as the tokenizer cuts them; without `whole_words` every token is a word of its own.

    The tokenizer's prefix belongs to no word. Texts without a single word are left out.

    Raises:
        DataError: no text has a word.
    """
    # The serving tokenizer drops the words; a second reader of the same file keeps them.
    reader = Tokenizer.from_file(str(tokenizer.path))
    reader.no_padding()
    reader.enable_truncation(max_length=tokenizer.max_tokens)
    ids: list[Indices] = []
    words: list[Indices] = []
    for found in reader.encode_batch([tokenizer.prefix + text for text in texts]):
        places = np.array([NO_WORD if word is None else word for word in found.word_ids], dtype=np.int64)
        places[np.array([end for _, end in found.offsets]) <= len(tokenizer.prefix)] = NO_WORD
        if not whole_words:
            places = np.where(places == NO_WORD, NO_WORD, np.cumsum(places != NO_WORD) - 1)
        if (places != NO_WORD).any():
            ids.append(np.array(found.ids, dtype=np.int64))
            words.append(places)
    if not ids:
        raise DataError("no text has a word to learn from.", where="text", todo="Give texts, one a row.")
    return WordRows(ids, words, seed)


def ordinary_ids(tokenizer: TextTokenizer) -> Indices:
    """Ids of the vocabulary that stand for text I64[V']: not those of special tokens."""
    reader = Tokenizer.from_file(str(tokenizer.path))
    added = {at for at, token in reader.get_added_tokens_decoder().items() if token.special}
    named = {at for token, at in reader.get_vocab().items() if re.fullmatch(SPECIAL, token)}
    return np.array(sorted(set(reader.get_vocab().values()) - added - named), dtype=np.int64)


def batch_words(rows: WordRows, indices: Indices, replacements: Indices) -> Batch:
    """These rows, padded, with the chances that noise is drawn by.

    input_ids, attention_mask, words and other_ids (a random id of `replacements` for each place) I64[B,T], and noise
    F32[B,W], a uniform number a word. Noise and ids of a row follow from its own seed, whatever batch it is in.
    """
    width = -(-max(len(rows.ids[at]) for at in indices) // 8) * 8
    shape = (len(indices), width)
    ids, mask, other = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    words = np.full(shape, NO_WORD, dtype=np.int64)
    noise: NDArray[np.float32] = np.ones(
        (len(indices), 1 + max(int(rows.words[at].max()) for at in indices)), np.float32
    )
    for row, at in enumerate(indices):
        length, count = len(rows.ids[at]), 1 + int(rows.words[at].max())
        random = np.random.default_rng((rows.seed, int(at)))
        ids[row, :length], words[row, :length], mask[row, :length] = rows.ids[at], rows.words[at], 1
        noise[row, :count] = random.random(count, dtype=np.float32)
        other[row, :length] = random.choice(replacements, size=length)
    tensors = {"input_ids": ids, "attention_mask": mask, "words": words, "other_ids": other}
    return {name: torch.from_numpy(rows) for name, rows in tensors.items()} | {"noise": torch.from_numpy(noise)}


def draw_chances(batch: Batch, *, fresh: bool) -> torch.Tensor:
    """A uniform number for each token F32[B,T], one and the same for the tokens of a word; 2 where there is no word.

    `fresh` draws from torch's generator, which the checkpoint of a run holds; else the number is the row's own.
    """
    chances = torch.rand_like(batch["noise"]) if fresh else batch["noise"]
    words = batch["words"]
    return torch.where(words == NO_WORD, 2.0, chances.gather(1, words.clamp(min=0)))
