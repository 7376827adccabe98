"""A folder that holds a report and nothing else: it is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path

from trivet.errors import ArtifactError

# Tables and pictures of a report; the rest of its files go by their names.
_SUFFIXES = (".png", ".csv")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files into a folder of their own, in place of an older one.

    Raises:
        ArtifactError: see `check_folder`.
    """
    check_folder(folder, names=files)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    fresh.mkdir()
    try:
        for name, content in files.items():
            _write(fresh / name, content)
        _sync(fresh)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_folder(folder: Path, *, names: Collection[str]) -> None:
    """Nothing where a report with files of these names may be written.

    Raises:
        ArtifactError: it is a file, or holds other files than such a report's.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ArtifactError("it is a file.", where=str(folder), todo="Give a folder for the report.")
    others = sorted(path.name for path in folder.iterdir() if path.name not in names and path.suffix not in _SUFFIXES)
    if others:
        raise ArtifactError(
            f"the folder holds other files ({others[0]}).", where=str(folder), todo="Give a folder of the report's own."
        )


def _put_in_place(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    # A folder cannot take the place of a full one in one step: the old one steps aside, and returns if that fails.
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.old")
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
