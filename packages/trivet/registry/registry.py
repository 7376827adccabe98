"""Versions of models by name, and which of them is live."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from trivet.artifact.card import Card
from trivet.artifact.folders import copy_file, link_or_copy, new_folder
from trivet.artifact.layout import CARD, HEADER, SUMS, is_large
from trivet.artifact.licence import check_licence
from trivet.artifact.sums import check_artifact, read_sums
from trivet.artifact.upgrade import parse_card
from trivet.errors import ArtifactError, GateError, RegistryError
from trivet.registry.history import Alias, History, read_history
from trivet.registry.reference import check_name, read_reference
from trivet.registry.store import Store
from trivet.registry.verdict import Verdict
from trivet.settings import Settings

DOCUMENT = "aliases.json"
LOCK = ".lock"


def utc_now() -> datetime:
    """The time of a change."""
    return datetime.now(tz=UTC)


class Registry:
    """Versions are folders `name/1`, `name/2`, never changed; aliases are one small document a name, replaced at once.

    On a local disk any number of processes may write. At other addresses one at a time may: they have no locks.
    """

    def __init__(self, address: str, cache: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        """`address` is a folder or an fsspec address; versions of a remote one are copied to `cache` when fetched.

        Raises:
            RegistryError: the address cannot be opened.
        """
        self._store = Store(address)
        self._cache = cache
        self._clock = clock

    def names(self) -> list[str]:
        """Names with at least one version, sorted."""
        return [name for name in self._store.folders() if self.versions(name)]

    def versions(self, name: str) -> list[int]:
        """Complete versions of a name, oldest first; none for an unknown name."""
        return [number for number in self._numbers(name) if self._store.is_file(f"{name}/{number}/{SUMS}")]

    def aliases(self, name: str) -> dict[str, int]:
        """The version of each alias that is set."""
        return dict(self._history(check_name(name)).aliases)

    def add(self, path: Path, name: str) -> int:
        """Registers an artifact as the candidate of a name and gives its version; the same content is registered once.

        Nobody sees it before it is whole. On the same disk the graph's files become hard links.

        Raises:
            ArtifactError: the artifact is damaged.
            RegistryError: the name is none.
        """
        check_name(name)
        check_artifact(path)
        content = (path / SUMS).read_bytes()
        with self._alone(name):
            for version in reversed(self.versions(name)):
                if self._store.read(f"{name}/{version}/{SUMS}") == content:
                    self._nominate(name, version)
                    return version
            version = max(self._numbers(name), default=0) + 1
            self._place(path, f"{name}/{version}")
            self._write(name, self._history(name).with_version(version, time=self._clock()))
        return version

    def resolve(self, reference: str) -> tuple[str, int]:
        """Name and version of `name/3`, `name@live` or `name` (its live version).

        Raises:
            RegistryError: the registry does not hold it; lists close names, or what there is.
        """
        wanted = read_reference(reference)
        versions = self.versions(wanted.name)
        if not versions:
            raise self._unknown(wanted.name)
        if wanted.version is None:
            version = self._history(wanted.name).aliases.get(wanted.alias)
            if version is None:
                raise RegistryError(
                    f"{wanted.name} has no {wanted.alias} version.",
                    where=reference,
                    todo=f"Name one ({wanted.name}/{versions[-1]} is the newest), or promote it.",
                )
        else:
            version = wanted.version
        if version not in versions:
            there = ", ".join(map(str, versions[-5:]))
            raise RegistryError(f"{wanted.name} has no version {version}.", where=reference, todo=f"It has {there}.")
        return wanted.name, version

    def fetch(self, reference: str) -> Path:
        """The folder of a version on this machine; a remote one is copied to the cache and checked.

        Raises:
            RegistryError: see `resolve`.
            ArtifactError: what was copied is damaged.
        """
        name, version = self.resolve(reference)
        if self._store.is_local:
            return self._store.local(f"{name}/{version}")
        # Named by content: another registry at the same address, or one that was begun anew, is not mistaken for it.
        content = self._store.read(f"{name}/{version}/{SUMS}")
        folder = self._cache / "registry" / f"{name}-{version}-{hashlib.sha256(content).hexdigest()[:16]}"
        if not folder.exists():
            try:
                with new_folder(folder) as partial:
                    self._store.download(f"{name}/{version}", partial)
                    check_artifact(partial)
            except ArtifactError:
                # Another process may have been faster.
                if not folder.exists():
                    raise
        return folder

    def card(self, reference: str) -> Card:
        """The card of a version; nothing else of it is fetched.

        Raises:
            RegistryError: see `resolve`.
            ArtifactError: it is damaged, or of a newer format.
        """
        name, version = self.resolve(reference)
        place = f"{name}/{version}"
        where = f"{self._store.address}/{place}"
        try:
            header, card = (self._store.read(f"{place}/{document}") for document in (HEADER, CARD))
        except FileNotFoundError as error:
            raise ArtifactError("its card is missing.", where=where, todo="Register the artifact again.") from error
        return parse_card(header, card, where=where)

    def identity(self, name: str, version: int) -> str:
        """sha256 over all files of a version, in hex: that of its artifact wherever it lies."""
        return hashlib.sha256(self._store.read(f"{name}/{version}/{SUMS}")).hexdigest()

    def set_alias(self, name: str, alias: Alias, version: int, *, reason: str = "") -> None:
        """Points `candidate` or `shadow` at a version, at once for all readers; the reason goes into the log.

        Raises:
            RegistryError: there is no such version or alias, it is live already, or the alias is `live`, which only
                `make_live` sets.
        """
        read_reference(f"{name}@{alias}")
        self.resolve(f"{name}/{version}")
        if alias == "live":
            raise RegistryError(
                "a version goes live through its gates only.",
                where=f"{name}/{version}",
                todo=f"Run `trivet registry promote {name}/{version}`.",
            )
        self._change(name, lambda history, time: history.with_alias(alias, version, time=time, reason=reason))

    def clear_alias(self, name: str, alias: Alias, *, reason: str = "") -> None:
        """Takes `candidate` or `shadow` away, at once for all readers.

        Raises:
            RegistryError: the name is unknown.
        """
        assert alias != "live", "what is live is replaced or rolled back, never taken away"
        if not self.versions(name):
            raise self._unknown(name)
        self._change(name, lambda history, time: history.without_alias(alias, time=time, reason=reason))

    def make_live(self, name: str, version: int, verdict: Verdict) -> None:
        """Makes a version live, at once for all readers; the one road there is, and the verdict goes into the log.

        Raises:
            RegistryError: there is no such version.
            GateError: a gate refuses it, or none was asked, and the verdict does not say why that is passed over.
            LicenceError: it is for research only, and the verdict names nobody who accepts that.
        """
        place = f"{name}/{version}"
        card = self.card(place)
        if not verdict.passed and not verdict.passed_over.strip():
            failed = " ".join(gate.detail for gate in verdict.gates if not gate.passed)
            raise GateError(failed or "no gate was asked.", where=place, todo="Force it with a reason, or train again.")
        check_licence(card, accepted=verdict.accepted, where=place)
        reason = verdict.passed_over.strip() or "passed its gates"
        self._change(
            name, lambda history, time: history.with_alias("live", version, time=time, reason=reason, verdict=verdict)
        )

    def refuse(self, name: str, version: int, verdict: Verdict, *, reason: str) -> None:
        """Writes into the log that a version was not made live, and why."""
        self._change(name, lambda history, time: history.with_refusal(version, verdict, time=time, reason=reason))

    def rollback(self, name: str, *, reason: str = "") -> int:
        """Makes the version live again that was live before, and gives its number.

        Raises:
            RegistryError: the name is unknown, no version was live before, or it is gone.
        """
        versions = self.versions(name)
        if not versions:
            raise self._unknown(name)
        with self._alone(name):
            changed = self._history(name).rolled_back(time=self._clock(), reason=reason)
            version = changed.aliases["live"]
            if version not in versions:
                raise RegistryError(
                    f"version {version}, which was live before, is gone.", where=name, todo="Promote the one you want."
                )
            self._write(name, changed)
        return version

    def log(self, name: str) -> list[dict[str, Any]]:
        """All changes of a name, oldest first: time, change, alias, version, previous, reason, gates, accepted.

        Raises:
            RegistryError: the name is unknown.
        """
        if not self.versions(name):
            raise self._unknown(name)
        return [change.model_dump(mode="json") for change in self._history(name).log]

    def _change(self, name: str, change: Callable[[History, datetime], History]) -> None:
        with self._alone(name):
            self._write(name, change(self._history(name), self._clock()))

    def _nominate(self, name: str, version: int) -> None:
        """Makes a version the candidate that was registered before; the live one stays what it is."""
        history = self._history(name)
        if history.aliases.get("live") != version:
            self._write(name, history.with_alias("candidate", version, time=self._clock(), reason="registered again"))

    def _numbers(self, name: str) -> list[int]:
        return sorted(int(folder) for folder in self._store.folders(check_name(name)) if folder.isdecimal())

    def _place(self, path: Path, place: str) -> None:
        if not self._store.is_local:
            self._store.upload(path, place, last=SUMS)
            return
        target = self._store.local(place)
        for left in target.parent.glob(".*.partial-*"):
            # Of a process that was killed: whoever holds the lock is alone.
            shutil.rmtree(left, ignore_errors=True)
        with new_folder(target) as folder:
            for file in (*read_sums(path), SUMS):
                (link_or_copy if is_large(file) else copy_file)(path / file, folder / file)

    def _history(self, name: str) -> History:
        path = f"{name}/{DOCUMENT}"
        if not self._store.is_file(path):
            return History()
        return read_history(self._store.read(path), where=f"{self._store.address}/{path}")

    def _write(self, name: str, history: History) -> None:
        self._store.write(f"{name}/{DOCUMENT}", (history.model_dump_json(indent=1) + "\n").encode())

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """No other process on this disk changes the name meanwhile."""
        if not self._store.is_local:
            yield
            return
        from filelock import FileLock

        folder = self._store.local(name)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK):
            yield

    def _unknown(self, name: str) -> RegistryError:
        names = self.names()
        close = get_close_matches(name, names, n=3)
        if close:
            todo = f"Did you mean {', '.join(close)}?"
        else:
            todo = f"It holds {', '.join(names[:10])}." if names else "It is empty: train a model first."
        return RegistryError(f"the registry holds no {name!r}.", where=self._store.address, todo=todo)


def open_registry(settings: Settings) -> Registry:
    """The registry of the settings."""
    return Registry(settings.registry_address, settings.cache)
