"""Checks files against the sha256 that they should have."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from trivet.errors import ArtifactError


class Digests:
    """The sha256 of files, read once a process: a hundred artifacts that share a graph by hard links read it once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int, int], str] = {}
        self._lock = threading.Lock()

    def read(self, path: Path) -> str:
        """The sha256 of a file's bytes, in hex; remembered until the file's size or time of change differs.

        Raises:
            ArtifactError: the file is missing or cannot be read.
        """
        try:
            with path.open("rb") as file:
                state = os.fstat(file.fileno())
                key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
                with self._lock:
                    known = self._known.get(key)
                if known is None:
                    known = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ArtifactError(
                f"cannot read the file ({error.strerror}).", where=str(path), todo="Copy the artifact again."
            ) from error
        with self._lock:
            self._known[key] = known
        return known

    def check(self, path: Path, sha256: str) -> None:
        """The file is the one that was saved.

        Raises:
            ArtifactError: it is not.
        """
        if self.read(path) != sha256:
            raise ArtifactError(
                "the file is damaged: its bytes are not those that were saved.",
                where=str(path),
                todo="Copy the artifact again.",
            )
