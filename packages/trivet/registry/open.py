"""Opens what a user names: a folder, or a version in the registry."""

from __future__ import annotations

from pathlib import Path

from trivet.artifact.artifact import Artifact
from trivet.artifact.layout import HEADER
from trivet.registry.registry import open_registry
from trivet.runtime.graphs import GraphPool
from trivet.settings import Settings


def open_artifact(reference: str, settings: Settings, *, pool: GraphPool | None = None) -> Artifact:
    """The artifact at a folder, or at `name`, `name/3`, `name@live` of the registry; a bare name is its live version.

    Raises:
        RegistryError: the registry does not hold it.
        ArtifactError: it is damaged.
    """
    shared = pool or GraphPool(cache=settings.cache / "compiled")
    return Artifact.load(find_artifact(reference, settings), pool=shared, threads=settings.threads)


def find_artifact(reference: str, settings: Settings) -> Path:
    """The folder on this machine of what `open_artifact` opens; nothing of it is read.

    Raises:
        RegistryError: the registry does not hold it.
    """
    folder = Path(reference)
    return folder if (folder / HEADER).is_file() else open_registry(settings).fetch(reference)
