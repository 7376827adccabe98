"""The few shapes that a compiled graph is run in."""

from __future__ import annotations

from collections.abc import Iterator

# OpenVINO generates code for every number of tokens (rows times length) that it has not seen: about 20 ms and 3 MB each
# with MiniLM. Rows and lengths of the form 2^k and 3 * 2^k have few products: after all batches up to 768 tokens a
# process holds 250 MB less than with every multiple of 8 and every number of rows, at the same speed.
ROWS = (32, 24, 16, 12, 8, 6, 4, 3, 2, 1)


def round_length(length: int) -> int:
    """The least of 8, 16, 24, 32, 48, 64, 96, 128, 192 ... that holds `length` tokens."""
    width = 8
    while width < length:
        half = width * 3 // 2
        if width > 8 and length <= half:
            return half
        width *= 2
    return width


def cut_rows(rows: int) -> Iterator[slice]:
    """A batch as at most a few slices whose sizes stand in `ROWS`, largest first."""
    start = 0
    while start < rows:
        size = next(size for size in ROWS if size <= rows - start)
        yield slice(start, start + size)
        start += size
