"""Chooses the texts whose answers an artifact is compared with when it is loaded."""

from __future__ import annotations

from trivet.export.frozen import read_calibration


def choose_golden(rows: int) -> tuple[str, ...]:
    """At most `rows` texts of many domains and lengths, always the same.

    They come from Trivet's own list: an artifact then holds no text of those it learnt from, whoever it is given to.
    """
    texts = read_calibration()
    step = max(1, len(texts) // max(1, rows))
    return texts[::step][:rows]
