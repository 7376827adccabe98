"""Files of a registry, on a local disk or at any fsspec address."""

from __future__ import annotations

import os
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from trivet.errors import RegistryError


class Store:
    """Paths are relative to the address, with forward slashes."""

    def __init__(self, address: str) -> None:
        """Opens an address such as `/models`, `file:///models`, `s3://bucket/models` or `memory://models`.

        Raises:
            RegistryError: fsspec knows no such protocol, or its package is not installed.
        """
        try:
            self._files, root = fsspec.core.url_to_fs(address)
        except (ValueError, ImportError) as error:
            raise RegistryError(
                f"cannot open the address ({error}).", where=address, todo="Set TRIVET_REGISTRY to a folder or address."
            ) from error
        self.address = address
        self._root = str(root).rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether it lies on this machine's disk."""
        return isinstance(self._files, LocalFileSystem)

    def local(self, path: str) -> Path:
        """The path on this machine's disk."""
        assert self.is_local, "only a local store has paths of its own"
        return Path(self._root, path)

    def folders(self, path: str = "") -> list[str]:
        """Names of the folders in a folder, sorted; none where it does not exist."""
        with suppress(FileNotFoundError, NotADirectoryError):
            self._files.invalidate_cache()
            found = self._files.ls(self._at(path), detail=True)
            return sorted(posixpath.basename(entry["name"].rstrip("/")) for entry in found if _is_folder(entry))
        return []

    def is_file(self, path: str) -> bool:
        """Whether a file is there."""
        return bool(self._files.isfile(self._at(path)))

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: it is not there.
        """
        return bytes(self._files.cat_file(self._at(path)))

    def write(self, path: str, content: bytes) -> None:
        """Puts a file there at once: who reads meanwhile sees the old or the new one.

        Raises:
            RegistryError: the address takes no writing, or not now.
        """
        target = self._at(path)
        if not self.is_local:
            with self._named(path):
                self._files.makedirs(posixpath.dirname(target), exist_ok=True)
                # Object stores replace a key at once.
                self._files.pipe_file(target, content)
            return
        self._files.makedirs(posixpath.dirname(target), exist_ok=True)
        partial = Path(f"{target}.partial-{uuid.uuid4().hex[:12]}")
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)

    def upload(self, folder: Path, path: str, *, last: str) -> None:
        """Copies a local folder's files there, the one named `last` after all others.

        Raises:
            RegistryError: the address takes no writing, or the copy was cut off; `last` is not there then.
        """
        names = sorted(entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if entry.is_file())
        for name in sorted(names, key=lambda name: name == last):
            target = self._at(f"{path}/{name}")
            with self._named(f"{path}/{name}"):
                self._files.makedirs(posixpath.dirname(target), exist_ok=True)
                self._files.put_file(str(folder / name), target)

    def download(self, path: str, folder: Path) -> None:
        """Copies the files below a path into a local folder."""
        base = self._at(path)
        for name in self._files.find(base):
            target = folder / posixpath.relpath(str(name), base)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._files.get_file(str(name), str(target))

    @contextmanager
    def _named(self, path: str) -> Iterator[None]:
        """Whatever a file system raises as it writes is a mistake that a user can mend, with its place."""
        try:
            yield
        except (OSError, ValueError, NotImplementedError) as error:
            raise RegistryError(
                f"cannot write there ({error or type(error).__name__}).",
                where=f"{self.address}/{path}",
                todo="Is the address open for writing? Then try again.",
            ) from error

    def _at(self, path: str) -> str:
        # Inside an archive a path begins with a name, not with a slash.
        return f"{self._root}/{path}".rstrip("/") if self._root or self.is_local else path


def _is_folder(entry: dict[str, Any]) -> bool:
    return entry["type"] == "directory" and not posixpath.basename(entry["name"].rstrip("/")).startswith(".")
