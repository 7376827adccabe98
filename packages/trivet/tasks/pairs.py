"""Tokenised pairs: which belong together, and how frequent each text is among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from trivet.data.hard_negatives import code_texts
from trivet.errors import DataError
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

NEGATIVE = "negative"


@dataclass(frozen=True)
class PairedRows:
    """Tokenised pairs, with H hard negatives each; codes are equal where texts are equal, whatever the side.

    `anchor_codes` and `positive_codes` are I64[N], `negative_codes` I64[N,H]. `anchor_shares` and `positive_shares`
    F32[T] are each code's share of the anchors and of the positives, never below that of one pair.
    """

    anchors: Sequence[Encoded]
    positives: Sequence[Encoded]
    negatives: Sequence[Sequence[Encoded]]
    anchor_codes: Indices
    positive_codes: Indices
    negative_codes: Indices
    anchor_shares: NDArray[np.float32]
    positive_shares: NDArray[np.float32]

    @property
    def lengths(self) -> Indices:
        """Tokens of all texts of a row I64[N]."""
        sides = [self.anchors, self.positives, *self.negatives]
        return np.array([sum(len(text.ids) for text in row) for row in zip(*sides, strict=True)], dtype=np.int64)

    @classmethod
    def prepare(cls, frame: pd.DataFrame, tokenizer: TextTokenizer) -> PairedRows:
        """Rows of the columns anchor, positive and any that begin with `negative`.

        Raises:
            DataError: there are fewer than two different pairs: nothing would be a negative.
        """
        names = ["anchor", "positive", *(name for name in frame.columns if name.startswith(NEGATIVE))]
        columns = [list(frame[name]) for name in names]
        if len(set(zip(columns[0], columns[1], strict=True))) < 2:
            raise DataError("there are fewer than two different pairs.", where="anchor, positive", todo="Add pairs.")
        texts, (anchors, positives, *negatives) = code_texts(columns)
        encoded = [tokenizer.encode(column) for column in columns]
        return cls(
            encoded[0],
            encoded[1],
            encoded[2:],
            anchors,
            positives,
            np.stack(negatives, axis=1) if negatives else np.empty((len(anchors), 0), dtype=np.int64),
            _shares(anchors, len(texts)),
            _shares(positives, len(texts)),
        )

    def batch(self, indices: Indices) -> Batch:
        """Ids and masks I64[B,T] of both sides and I64[B,H,T] of the hard negatives.

        `masked` bool[B,B+B*H] tells which candidates (all positives, then all hard negatives, those of row 0 first) are
        no negatives of an anchor; `anchor_shares` and `positive_shares` F32[B] and `negative_shares` F32[B,H] tell how
        frequent the texts are.
        """
        ids, mask = pad([self.anchors[index] for index in indices])
        positive_ids, positive_mask = pad([self.positives[index] for index in indices])
        found = {"anchor_ids": ids, "anchor_mask": mask, "positive_ids": positive_ids, "positive_mask": positive_mask}
        codes = self.negative_codes[indices]
        if self.negatives:
            negative_ids, negative_mask = pad([column[index] for index in indices for column in self.negatives])
            shape = (len(indices), len(self.negatives), -1)
            found |= {"negative_ids": negative_ids.reshape(shape), "negative_mask": negative_mask.reshape(shape)}
        anchors, positives = self.anchor_codes[indices], self.positive_codes[indices]
        batch = {name: torch.from_numpy(array) for name, array in found.items()}
        batch["masked"] = torch.from_numpy(_belong_together(anchors, positives, codes.ravel()))
        batch["anchor_shares"] = torch.from_numpy(self.anchor_shares[anchors])
        batch["positive_shares"] = torch.from_numpy(self.positive_shares[positives])
        batch["negative_shares"] = torch.from_numpy(self.positive_shares[codes])
        return batch


def _shares(codes: Indices, texts: int) -> NDArray[np.float32]:
    return (np.bincount(codes, minlength=texts).clip(min=1) / len(codes)).astype(np.float32)


def _belong_together(anchors: Indices, positives: Indices, negatives: Indices) -> NDArray[np.bool_]:
    """bool[B,B+M]: an anchor and a positive share an anchor, share a positive, or are one text.

    A hard negative belongs to an anchor where it is the same text, or a positive of that anchor in the batch.
    """
    same_anchor = anchors[:, None] == anchors[None, :]
    same = same_anchor | (positives[:, None] == positives[None, :]) | (anchors[:, None] == positives[None, :])
    # bool[B,M]: the negative is one of the batch's positives of this anchor.
    is_positive = positives[:, None] == negatives[None, :]
    taken = (same_anchor.astype(np.float32) @ is_positive.astype(np.float32)) > 0
    return np.hstack([same, taken | (anchors[:, None] == negatives[None, :])])
