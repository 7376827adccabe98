"""Copies an artifact to a place of the user's own, in the newest format."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from trivet.artifact.descent import identify
from trivet.artifact.documents import read_json, write_json
from trivet.artifact.folders import new_folder
from trivet.artifact.layout import CARD, FORMAT, HEADER, WEIGHTS
from trivet.artifact.sums import check_artifact, read_sums, write_sums
from trivet.artifact.upgrade import check_format, upgrade_document


def copy_for_serving(artifact: Path, out: Path) -> int:
    """Everything but the weights for training, checked before and after; returns the bytes that it takes.

    What an older Trivet wrote is written in the newest format.

    Raises:
        ArtifactError: a file of the artifact is missing, foreign or damaged, of a newer format, or something is at
            `out` already.
    """
    return _copy(artifact, out, with_weights=False, changes={})


def copy_upgraded(artifact: Path, out: Path, *, reference: str = "") -> int:
    """Everything, in the newest format; the card names the artifact (registered as `reference`) as its parent.

    Raises:
        ArtifactError: as `copy_for_serving`.
    """
    changes = {"parent": identify(artifact), "parent_reference": reference, "descent": "upgrade"}
    return _copy(artifact, out, with_weights=True, changes=changes)


def format_of(artifact: Path) -> int:
    """The format that an artifact was written in.

    Raises:
        ArtifactError: a newer one, or none.
    """
    values = read_json(artifact / HEADER)
    return check_format(values.get("format") if isinstance(values, dict) else None, where=str(artifact / HEADER))


def _copy(artifact: Path, out: Path, *, with_weights: bool, changes: dict[str, Any]) -> int:
    check_artifact(artifact)
    version = format_of(artifact)
    names = [name for name in read_sums(artifact) if with_weights or not name.startswith(f"{WEIGHTS}/")]
    with new_folder(out) as folder:
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            # No hard links: what is exported is the user's, to change and to move.
            shutil.copyfile(artifact / name, target)
        if version != FORMAT:
            for name in (HEADER, CARD):
                values = upgrade_document(name, read_json(artifact / name), version=version)
                write_json({**values, **changes} if name == CARD else values, folder / name)
        write_sums(folder)
    check_artifact(out)
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
