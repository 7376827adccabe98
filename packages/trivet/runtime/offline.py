"""Runs many texts at once, in order of length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from trivet.runtime.engine import Engine, Floats
from trivet.runtime.grid import round_length
from trivet.runtime.tokens import Encoded, pad

# Tokens of one batch, so that long texts do not make large buffers.
MOST_TOKENS = 4096


def run_sorted(engine: Engine, encoded: Sequence[Encoded], *, batch_size: int = 32) -> dict[str, Floats]:
    """Every output F32[N,W] of the texts in their order; only texts that are padded alike share a batch."""
    found = {name: np.empty((len(encoded), width), dtype=np.float32) for name, width in engine.widths.items()}
    for rows in _batches(encoded, batch_size=batch_size):
        outputs = engine.infer(*pad([encoded[row] for row in rows]))
        for name, values in outputs.items():
            found[name][rows] = values
    return found


def _batches(encoded: Sequence[Encoded], *, batch_size: int) -> Iterator[list[int]]:
    alike: dict[int, list[int]] = defaultdict(list)
    for row, text in enumerate(encoded):
        alike[round_length(len(text.ids))].append(row)
    for width in sorted(alike):
        size = max(1, min(batch_size, MOST_TOKENS // width))
        rows = alike[width]
        yield from (rows[start : start + size] for start in range(0, len(rows), size))
