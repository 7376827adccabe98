"""Runs many texts at once, in order of length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from trivet.runtime.engine import TOKEN_OUTPUTS, Engine, Floats
from trivet.runtime.grid import round_length
from trivet.runtime.tokens import Encoded, pad

# Tokens of one batch, so that long texts do not make large buffers.
MOST_TOKENS = 4096


def run_sorted(engine: Engine, encoded: Sequence[Encoded], *, batch_size: int = 32) -> dict[str, Floats]:
    """Every output of the texts in their order; only texts that are padded alike share a batch.

    F32[N,W], of tokens F32[N,T,W] with T those of the longest text and 0 beyond a text's own.
    """
    return run_batches(engine, encoded, _batches(encoded, batch_size=batch_size))


def run_batches(engine: Engine, encoded: Sequence[Encoded], batches: Iterable[Sequence[int]]) -> dict[str, Floats]:
    """As `run_sorted`, in batches of the reader's own: indices of texts, each text once."""
    longest = max((len(text.ids) for text in encoded), default=0)
    shapes = {
        name: (len(encoded), longest, width) if name in TOKEN_OUTPUTS else (len(encoded), width)
        for name, width in engine.widths.items()
    }
    found = {name: np.zeros(shape, dtype=np.float32) for name, shape in shapes.items()}
    for rows in batches:
        outputs = engine.infer(*pad([encoded[row] for row in rows]))
        for name, values in outputs.items():
            if name not in TOKEN_OUTPUTS:
                found[name][rows] = values
                continue
            for row, states in zip(rows, values, strict=True):
                length = len(encoded[row].ids)
                found[name][row, :length] = states[:length]
    return found


def _batches(encoded: Sequence[Encoded], *, batch_size: int) -> Iterator[list[int]]:
    alike: dict[int, list[int]] = defaultdict(list)
    for row, text in enumerate(encoded):
        alike[round_length(len(text.ids))].append(row)
    for width in sorted(alike):
        size = max(1, min(batch_size, MOST_TOKENS // width))
        rows = alike[width]
        yield from (rows[start : start + size] for start in range(0, len(rows), size))
