"""Registers a version of an older format again in the newest."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trivet.artifact.copy import copy_upgraded, format_of
from trivet.artifact.layout import FORMAT
from trivet.registry.registry import Registry


def upgrade_version(registry: Registry, name: str, version: int) -> int:
    """The number of the version in the newest format: a new one, or the same where it is of the newest already.

    Versions never change, so the old one stays; the new one names it as its parent.

    Raises:
        RegistryError: the registry does not hold it.
        ArtifactError: it is damaged, or of a newer format.
    """
    place = f"{name}/{version}"
    artifact = registry.fetch(place)
    if format_of(artifact) == FORMAT:
        return version
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        copy = Path(scratch) / name
        copy_upgraded(artifact, copy, reference=place)
        return registry.add(copy, name)
