"""Copies an artifact to a place of the user's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from trivet.artifact.folders import new_folder
from trivet.artifact.layout import WEIGHTS
from trivet.artifact.sums import check_artifact, read_sums, write_sums


def copy_for_serving(artifact: Path, out: Path) -> int:
    """Everything but the weights for training, checked before and after; returns the bytes that it takes.

    Raises:
        ArtifactError: a file of the artifact is missing, foreign or damaged, or something is at `out` already.
    """
    check_artifact(artifact)
    names = [name for name in read_sums(artifact) if not name.startswith(f"{WEIGHTS}/")]
    with new_folder(out) as folder:
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # No hard links: what is exported is the user's, to change and to move.
            shutil.copyfile(artifact / name, target)
        write_sums(folder)
    check_artifact(out)
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
