"""What an artifact is made of, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trivet.answers.facts import Facts
from trivet.artifact.card import Card
from trivet.heads.head import Head
from trivet.heads.prototypes import Prototypes
from trivet.recipe import Recipe
from trivet.trust.yardstick import Yardstick


@dataclass(frozen=True)
class Parts:
    """`graph` is an exported graph folder; `head` is None where the graph answers logits, or where nothing is labelled.

    `weights` is a folder with the torch weights or the adapter of a tuned encoder. Without a `yardstick` novelty is
    measured by the prototypes.
    """

    recipe: Recipe
    facts: Facts
    card: Card
    tokenizer: Path
    graph: Path
    head: Head | None
    prototypes: Prototypes | None
    weights: Path | None
    yardstick: Yardstick | None = None
