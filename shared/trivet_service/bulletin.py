"""What the registry says of a name, read again only where its files have changed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import fsspec

from trivet.registry.history import History, read_history
from trivet.registry.registry import DOCUMENT
from trivet.registry.store import Store
from trivet_service.canary import FILE, Canary, read_canary
from trivet_service.refusal import Wanted


@dataclass(frozen=True)
class Notice:
    """The aliases of a name with their history, and its canary."""

    history: History
    canary: Canary | None

    def wanted(self, alias: str) -> Wanted | None:
        """The version under an alias; None where there is none."""
        version = self.history.aliases.get(alias)
        if version is None:
            return None
        moves = self.moves(alias)
        return Wanted(version, moves[-1].isoformat() if moves else "")

    def moves(self, alias: str) -> list[datetime]:
        """When an alias moved, oldest first."""
        return [change.time for change in self.history.log if change.alias == alias and change.change != "refused"]

    def canary_beside(self, live: int) -> tuple[Wanted, Canary] | None:
        """The canary that goes on beside a version that is served, or None where there is none."""
        canary = self.canary
        if canary is None or not canary.share or canary.version == live or canary.moves != len(self.moves("live")):
            return None
        return Wanted(canary.version, canary.since.isoformat()), canary


class Bulletin:
    """Looks at one name at the address of a registry; a look that finds nothing new costs the state of two files."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self._store = Store(address)
        self._files, root = fsspec.core.url_to_fs(address)
        self._root = str(root).rstrip("/")
        self._seen: tuple[str, ...] = ()
        self._notice = Notice(History(), None)

    def read(self) -> Notice:
        """What stands there now; the very same object where nothing has changed.

        Raises:
            RegistryError: a document is damaged; also whatever the file system raises that cannot be reached.
        """
        # Looked at before the files are read: what changes in between is seen by the next look.
        seen = tuple(self._look(file) for file in (DOCUMENT, FILE))
        if seen != self._seen:
            aliases, canary = self._read(DOCUMENT), self._read(FILE)
            self._notice = Notice(
                read_history(aliases, where=self._where(DOCUMENT)) if aliases else History(),
                read_canary(canary, where=self._where(FILE)) if canary else None,
            )
            self._seen = seen
        return self._notice

    def write_canary(self, canary: Canary) -> None:
        """Put a canary in the place of the one that is there.

        Raises:
            RegistryError: the address takes no writing.
        """
        self._store.write(f"{self.name}/{FILE}", (canary.model_dump_json(indent=1) + "\n").encode())

    def _look(self, file: str) -> str:
        self._files.invalidate_cache()
        with suppress(FileNotFoundError):
            # Inside an archive a path begins with a name, not with a slash.
            base = f"{self._root}/" if self._root else ""
            return str(self._files.info(f"{base}{self.name}/{file}"))
        return ""

    def _read(self, file: str) -> bytes:
        with suppress(FileNotFoundError):
            return self._store.read(f"{self.name}/{file}")
        return b""

    def _where(self, file: str) -> str:
        return f"{self._store.address}/{self.name}/{file}"
