"""Chooses the texts whose answers an artifact is compared with when it is loaded."""

from __future__ import annotations

import numpy as np

from trivet.answers.facts import Facts
from trivet.answers.next_item import NextItemFacts
from trivet.export.frozen import read_calibration

# Items of a golden history, and the seed that they are drawn with.
STEPS, SEED = 5, 0


def choose_golden(rows: int, facts: Facts | None = None) -> tuple[str, ...]:
    """At most `rows` texts of many domains and lengths, always the same.

    They come from Trivet's own list: an artifact then holds no text of those it learnt from, whoever it is given to.
    A next-item model gets histories of nobody, drawn from its catalogue.
    """
    if isinstance(facts, NextItemFacts):
        from trivet.data.sequences import write_history  # so that no other kind of model rests on it

        drawn = np.random.default_rng(SEED).integers(len(facts.items), size=(rows, STEPS))
        return tuple(write_history([facts.items[at] for at in history]) for history in drawn.tolist())
    texts = read_calibration()
    step = max(1, len(texts) // max(1, rows))
    return texts[::step][:rows]
