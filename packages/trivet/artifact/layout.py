"""Where what lies in an artifact, and its first page."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

# What is written; older formats are read too (upgrade.py).
FORMAT = 2

HEADER = "artifact.json"
RECIPE = "recipe.json"
FACTS = "facts.json"
CARD = "card.json"
TOKENIZER = "tokenizer.json"
GOLDEN = "golden.json"
HEADS = "heads.safetensors"
SUMS = "SHA256SUMS"
GRAPHS = "graph"
WEIGHTS = "weights"


class Header(BaseModel):
    """`artifact.json`: the format version, and which of the optional parts are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    task: str
    graph: str
    encoder: str
    prefix: str = ""
    head: dict[str, Any] | None = None
    prototypes: bool = False
    yardstick: dict[str, Any] | None = None
    created: datetime
    trivet: str


def graph_folder(artifact: Path, header: Header) -> Path:
    """The folder of the artifact's graph."""
    return artifact / GRAPHS / header.graph


def is_large(name: str) -> bool:
    """Whether a file (its path inside the artifact) holds a graph or weights, which take a while to read."""
    return name.startswith((f"{GRAPHS}/", f"{WEIGHTS}/")) and not name.endswith(".json")
