"""Where a file of a named set lies: mirror, package, cache, or its origin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from trivet.data.archive import read_member, unpack_gzip
from trivet.data.cards import CardFile, DataCard, cards_folder
from trivet.data.dataset import Source
from trivet.data.origin import download
from trivet.errors import DataError
from trivet.settings import Settings


@dataclass(frozen=True)
class Place:
    """A file of a card on this machine."""

    path: Path
    source: Source

    def read(self, entry: CardFile) -> bytes:
        """The unpacked bytes, compared with the card's hash.

        Raises:
            DataError: the file cannot be read, is packed badly, or has another hash.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            reason = f"cannot be read ({error.strerror})."
            raise DataError(reason, where=str(self.path), todo="Check its permissions.") from error
        if self.path.suffix == ".gz" and not _is_hash(content, entry.sha256):
            content = unpack_gzip(content, file=str(self.path))
        if entry.sha256 and not _is_hash(content, entry.sha256):
            found = hashlib.sha256(content).hexdigest()
            raise DataError(
                f"is damaged: its sha256 is {found[:12]}..., the card says {entry.sha256[:12]}....",
                where=str(self.path),
                todo=self._cure(),
            )
        return content

    def read_member(self, entry: CardFile, member: str) -> bytes:
        """One member of the archive, compared with the manifest where the card has one.

        Raises:
            DataError: as `read`; also a missing or changed member.
        """
        content = read_member(self.read(entry), member, file=str(self.path))
        if entry.members and not _is_hash(content, entry.members.get(member, "")):
            raise DataError(f"member {member!r} is not the one of the card.", where=str(self.path), todo=self._cure())
        return content

    def verify(self, entry: CardFile) -> None:
        """Nothing where the file, and every member of the card's manifest, are those of the card.

        Raises:
            DataError: as `read` and `read_member`.
        """
        self.read(entry)
        for member in entry.members:
            self.read_member(entry, member)

    def _cure(self) -> str:
        if self.source == "mirror":
            return "Mend the mirror, or unset TRIVET_DATA to use the cache or the origin."
        return "Delete the file: it is fetched again."


def find_place(card: DataCard, path: str, settings: Settings) -> Place | None:
    """The first place on this machine that has a file of the card, as NAME or as NAME.gz; files are not opened."""
    folders: list[tuple[Path, Source]] = []
    if card.package:
        folders.append((cards_folder() / card.package, "package"))
    elif card.mirror:
        if settings.data:
            folders.append((settings.data.expanduser() / card.mirror, "mirror"))
        # The cache has the layout of a mirror, so sets that share files share one copy.
        folders.append((settings.cache / "data" / card.mirror, "cache"))
    for folder, source in folders:
        for candidate in (folder / path, folder / f"{path}.gz"):
            if candidate.is_file():
                return Place(candidate, source)
    return None


def ensure_place(card: DataCard, path: str, settings: Settings) -> Place:
    """The place of a file, downloaded into the cache where no place has it yet.

    Raises:
        DataError: it is nowhere, and may not be or could not be fetched.
    """
    found = find_place(card, path, settings)
    if found:
        return found
    if card.package:
        raise DataError(f"the sample file {path!r} is not installed.", where=card.name, todo="Install trivet again.")
    mirror = settings.data or "not set"
    missing = f"{path!r} is neither in TRIVET_DATA ({mirror}) nor in the cache ({settings.cache / 'data'})"
    if card.mirror_only:
        todo = "Name a mirror with TRIVET_DATA."
        raise DataError(f"{missing}, and its origin cannot be fetched.", where=card.name, todo=todo)
    address = card.address(path)
    if settings.offline:
        raise DataError(
            f"{missing}, and TRIVET_OFFLINE forbids to fetch it.",
            where=card.name,
            todo=f"Set TRIVET_DATA to a mirror, or fetch {address} without TRIVET_OFFLINE.",
        )
    entry = card.files[path]
    into = settings.cache / "data" / card.mirror / path
    download(address, into, sha256=entry.sha256, size=entry.size)
    return Place(into, "origin")


def fetch_files(card: DataCard, settings: Settings) -> dict[str, Place]:
    """Every file of a card, present and verified with its members; a damaged copy in the cache is fetched again.

    Raises:
        DataError: as `ensure_place`; also a damaged file of a mirror.
    """
    places = {}
    for path, entry in card.files.items():
        place = ensure_place(card, path, settings)
        try:
            place.verify(entry)
        except DataError:
            if place.source != "cache" or settings.offline or card.mirror_only:
                raise
            into = settings.cache / "data" / card.mirror / path
            download(card.address(path), into, sha256=entry.sha256, size=entry.size)
            if place.path != into:
                place.path.unlink()
            place = Place(into, "origin")
            place.verify(entry)
        places[path] = place
    return places


def _is_hash(content: bytes, sha256: str) -> bool:
    return bool(sha256) and hashlib.sha256(content).hexdigest() == sha256
