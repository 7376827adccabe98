"""Where the model of a service comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trivet.errors import ArtifactError, RegistryError
from trivet_service.settings import ServiceSettings

# Between a model's name and the tenant whose own it is: `support--acme`.
MARK = "--"


@dataclass(frozen=True)
class Source:
    """What a service was told to serve: an `alias` of a `name` in the registry, which may move.

    Both are empty where nothing moves: a folder, or a version by number.
    """

    reference: str
    name: str = ""
    alias: str = ""


def read_source(reference: str) -> Source:
    """What a reference says.

    Raises:
        RegistryError: it is neither a folder nor a reference.
    """
    if _is_path(reference):
        return Source(reference)
    from trivet.registry.reference import read_reference

    named = read_reference(reference)
    return Source(reference, named.name, named.alias) if named.version is None else Source(reference)


def find_artifact(reference: str, settings: ServiceSettings, *, service: str) -> tuple[str, int, Path]:
    """Name, version and folder of an artifact; version 0 for a folder that no registry numbered.

    Raises:
        RegistryError: the registry does not hold it; says how to train one.
        ArtifactError: a path where there is no artifact.
    """
    folder = Path(reference).expanduser()
    if folder.is_dir():
        return folder.name, 0, folder
    if _is_path(reference):
        raise ArtifactError("there is no such folder.", where=reference, todo=f"Give a folder, or {service}@live.")
    # A server of folders needs no registry, nor the file systems that one may lie on.
    from trivet.registry.registry import open_registry

    registry = open_registry(settings)
    try:
        name, version = registry.resolve(reference)
    except RegistryError as error:
        raise RegistryError(error.what, where=error.where, todo=f"{error.todo} Or `trivet train {service}`.") from error
    return name, version, registry.fetch(f"{name}/{version}")


def _is_path(reference: str) -> bool:
    return Path(reference).expanduser().is_dir() or ("/" in reference and not reference.rsplit("/", 1)[1].isdigit())
