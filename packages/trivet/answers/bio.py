"""Tags that mark spans: O outside, B-x the first piece of a span of type x, I-x a further one.

The tags of types 0 to K-1 are numbered O = 0, B-k = 1 + 2k, I-k = 2 + 2k. I-k may only follow B-k or I-k.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.spelling import Units

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
# First piece, the one after the last, type.
Run = tuple[int, int, int]
OUTSIDE = 0


def count_tags(types: int) -> int:
    """How many tags there are for so many types."""
    return 1 + 2 * types


def name_tags(types: Sequence[str]) -> tuple[str, ...]:
    """The names of the tags in the order of their numbers."""
    return ("O", *(f"{kind}-{name}" for name in types for kind in "BI"))


def best_path(scores: ArrayLike, lengths: ArrayLike) -> Indices:
    """The valid sequence of tags with the highest sum of scores, I64[N,U], by Viterbi (1967).

    scores [N,U,1+2K] a piece and tag, `lengths` I64[N] pieces a text; what lies beyond is O.
    """
    emitted = np.asarray(scores, dtype=np.float64)
    rows, width, _ = emitted.shape
    sizes = np.asarray(lengths, dtype=np.int64)
    back = np.zeros(emitted.shape, dtype=np.int64)
    total = _first(emitted)
    ends = total.copy()
    for at in range(1, width):
        best = total.argmax(axis=1)
        anywhere = np.take_along_axis(total, best[:, None], axis=1)
        back[:, at, :] = best[:, None]
        total_next = anywhere + emitted[:, at]
        begun, inside = total[:, 1::2], total[:, 2::2]
        goes_on = inside >= begun
        total_next[:, 2::2] = np.where(goes_on, inside, begun) + emitted[:, at, 2::2]
        types = np.arange(begun.shape[1])
        back[:, at, 2::2] = np.where(goes_on, 2 + 2 * types, 1 + 2 * types)
        total = total_next
        ends = np.where((at < sizes)[:, None], total, ends)
    path = np.zeros((rows, width), dtype=np.int64)
    tag = ends.argmax(axis=1)
    for at in range(width - 1, -1, -1):
        is_within = at < sizes
        path[:, at] = np.where(is_within, tag, OUTSIDE)
        tag = np.where(is_within, back[np.arange(rows), at, tag], tag)
    return path


def read_runs(tags: Sequence[int]) -> list[Run]:
    """The spans that a sequence of tags marks; an I without its B begins one, as conlleval reads it."""
    runs: list[Run] = []
    for at, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        kind, is_inside = (tag - 1) // 2, tag % 2 == 0
        if is_inside and runs and runs[-1][1] == at and runs[-1][2] == kind:
            runs[-1] = (runs[-1][0], at + 1, kind)
        else:
            runs.append((at, at + 1, kind))
    return runs


def mark_spans(units: Units, spans: Sequence[tuple[int, int, int]]) -> Indices:
    """Tags I64[U] of pieces from spans (first character, the one after the last, type).

    A piece belongs to the first span that it shares a character with; of two spans that begin together the longer
    counts.
    """
    tags = np.zeros(len(units), dtype=np.int64)
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        inside = np.flatnonzero((units.starts < end) & (units.ends > start))
        if not len(inside) or tags[inside].any():
            continue
        tags[inside] = 2 + 2 * kind
        tags[inside[0]] = 1 + 2 * kind
    return tags


def run_probabilities(scores: ArrayLike, runs: Sequence[Run]) -> list[float]:
    """How likely each run, with exactly its ends and type, is among all valid sequences; scores [U,1+2K] of one text.

    Sums over sequences by the forward-backward algorithm (Rabiner 1989) with every allowed step equally likely.
    """
    if not runs:
        return []
    emitted = np.asarray(scores, dtype=np.float64)
    forward, backward = _forward(emitted), _backward(emitted)
    whole = _sum(forward[-1])
    found = []
    for start, end, kind in runs:
        before = _sum(forward[start - 1]) if start else 0.0
        inside = emitted[start, 1 + 2 * kind] + emitted[start + 1 : end, 2 + 2 * kind].sum()
        after = 0.0
        if end < len(emitted):
            ahead = emitted[end] + backward[end]
            ahead[2::2] = -np.inf
            after = _sum(ahead)
        found.append(float(np.exp(min(0.0, before + inside + after - whole))))
    return found


def _first(emitted: Doubles) -> Doubles:
    total = emitted[:, 0].copy()
    total[:, 2::2] = -np.inf
    return total


def _forward(emitted: Doubles) -> Doubles:
    """Log of the sum over all ways that end in each tag, F64[U,C]."""
    total = np.empty_like(emitted)
    total[0] = _first(emitted[None])[0]
    for at in range(1, len(emitted)):
        total[at] = _sum(total[at - 1])
        total[at, 2::2] = np.logaddexp(total[at - 1, 1::2], total[at - 1, 2::2])
        total[at] += emitted[at]
    return total


def _backward(emitted: Doubles) -> Doubles:
    """Log of the sum over all ways to go on after each tag, F64[U,C]."""
    total = np.zeros_like(emitted)
    for at in range(len(emitted) - 2, -1, -1):
        ahead = emitted[at + 1] + total[at + 1]
        inside = ahead[2::2].copy()
        ahead[2::2] = -np.inf
        anywhere = _sum(ahead)
        total[at, 0] = anywhere
        total[at, 1::2] = total[at, 2::2] = np.logaddexp(anywhere, inside)
    return total


def _sum(logs: Doubles) -> float:
    top = float(logs.max())
    return top if top == -np.inf else top + float(np.log(np.exp(logs - top).sum()))
