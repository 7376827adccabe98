"""What a new artifact descends from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from trivet.artifact.card import Descent, Parent
from trivet.artifact.layout import HEADER, SUMS
from trivet.artifact.upgrade import read_card


def identify(artifact: Path) -> str:
    """sha256 over all files of an artifact, in hex: equal for equal content wherever it lies."""
    return hashlib.sha256((artifact / SUMS).read_bytes()).hexdigest()


def describe_parent(artifact: Path, descent: Descent, *, reference: str = "") -> Parent:
    """The artifact in a folder as the parent of another, with what its licence forbids.

    Raises:
        ArtifactError: it is none, of a newer format, or its card is damaged.
    """
    restrictions = read_card(artifact).restrictions
    return Parent(identity=identify(artifact), reference=reference, descent=descent, restrictions=restrictions)


def find_start(encoder: Path) -> Parent | None:
    """The artifact whose tuned weights an encoder's folder holds: that folder, or the one around it; None: neither is.

    Raises:
        ArtifactError: it is of a newer format, or its card is damaged.
    """
    for folder in (encoder, encoder.parent):
        if (folder / HEADER).is_file() and (folder / SUMS).is_file():
            return describe_parent(folder, "warm start")
    return None
