"""What a method hands over for saving: graph, head, facts, and the held-out scores that its promises rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trivet.answers.facts import Facts
from trivet.artifact.card import Int8Entry
from trivet.encoders.catalogue import EncoderSource
from trivet.heads.head import Head
from trivet.heads.prototypes import Prototypes
from trivet.trust.yardstick import Yardstick


@dataclass(frozen=True)
class Candidate:
    """A fitted model, exported and calibrated, not yet saved.

    `held_out` counts the rows that calibration and promises were computed on; `int8` and `notes` go onto the card.
    """

    source: EncoderSource
    graph: Path
    tokenizer: Path
    facts: Facts
    head: Head | None
    prototypes: Prototypes | None
    weights: Path | None
    held_out: int
    int8: Int8Entry | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    yardstick: Yardstick | None = None
