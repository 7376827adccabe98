"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trivet.errors import ArtifactError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A hidden sibling to fill; afterwards it is on disk and named `path`. Where an error leaves, nothing stays.

    Raises:
        ArtifactError: `path` exists and is not an empty folder.
    """
    _refuse_existing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial-{uuid.uuid4().hex[:12]}")
    partial.mkdir()
    try:
        yield partial
        sync_folder(partial)
        _refuse_existing(path)
        try:
            partial.rename(path)
        except OSError as error:
            _refuse_existing(path)
            raise ArtifactError(f"cannot write there ({error.strerror}).", where=str(path)) from error
        _sync(path.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def link_or_copy(source: Path, target: Path) -> None:
    """The same bytes at `target`: a hard link where the disk allows it, so that artifacts share their graph's space."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def copy_file(source: Path, target: Path) -> None:
    """The same bytes at `target`, in a file of its own."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def sync_folder(folder: Path) -> None:
    """Everything below is on disk."""
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        # Some network disks refuse it for folders; the rename is atomic all the same.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_existing(path: Path) -> None:
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ArtifactError("something is there already.", where=str(path), todo="Remove it, or name another place.")
