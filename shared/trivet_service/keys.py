"""API keys: who they belong to and what they may do, in one file that never holds a key itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from trivet.errors import TrivetError

Scope = Literal["read", "write", "train", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

# Keys are 256 random bits, so the hash need not be slow against guessing; 4 MB and about 10 ms keep a stolen file dull.
_SCRYPT = {"n": 2**12, "r": 8, "p": 1, "dklen": 32}
_FORMAT = 1


class AccessError(TrivetError):
    """A key file that cannot be read, an unknown key, or a server that would stand open."""


@dataclass(frozen=True)
class Key:
    """What is kept of a key: its public `id`, a salted scrypt `hash` of the whole; times in ISO 8601, UTC."""

    id: str
    name: str
    tenant: str
    scopes: tuple[str, ...]
    salt: str
    hash: str
    created: str
    expires: str = ""
    revoked: str = ""
    last_used: str = ""

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at this moment."""
        return not self.revoked and (not self.expires or datetime.fromisoformat(self.expires) > now)

    def matches(self, presented: str) -> bool:
        """Whether a presented key is this one; takes the same time whatever it is."""
        return hmac.compare_digest(_hash(presented, base64.b64decode(self.salt)), base64.b64decode(self.hash))


class KeyFile:
    """The keys of a home, changed only under a lock and by replacing the whole file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Key]:
        """All keys by id; none where there is no file.

        Raises:
            AccessError: the file is not one of ours.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        try:
            content = json.loads(text)
            keys = [Key(**{**entry, "scopes": tuple(entry["scopes"])}) for entry in content["keys"]]
        except (ValueError, TypeError, KeyError) as error:
            raise AccessError(
                f"not a key file ({error}).", where=str(self.path), todo="Restore it, or remove it and create new keys."
            ) from error
        return {key.id: key for key in keys}

    def create(
        self, *, name: str, scopes: Collection[str], tenant: str = "default", expires: datetime | None = None
    ) -> tuple[Key, str]:
        """A new key and its secret text, which is shown once and kept nowhere."""
        wrong = sorted(set(scopes) - set(SCOPES))
        if wrong or not scopes:
            raise AccessError(
                f"no such scope: {', '.join(wrong) or 'none given'}.", where="--scope", todo=f"Use {', '.join(SCOPES)}."
            )
        key, presented = _make(
            name=name, tenant=tenant, scopes=tuple(s for s in SCOPES if s in scopes), expires=expires
        )
        with self._changing() as keys:
            keys[key.id] = key
        return key, presented

    def revoke(self, key_id: str) -> Key:
        """The key, which from now on opens nothing."""
        with self._changing() as keys:
            keys[key_id] = replace(self._find(keys, key_id), revoked=_now().isoformat(timespec="seconds"))
            return keys[key_id]

    def rotate(self, key_id: str, *, overlap: timedelta = timedelta(0)) -> tuple[Key, str]:
        """A new key with the rights of an old one, which ends after `overlap`."""
        with self._changing() as keys:
            old = self._find(keys, key_id)
            if not old.is_valid(_now()):
                raise AccessError(f"key {key_id!r} is no longer valid.", todo="Create a new one: `trivet keys create`.")
            key, presented = _make(name=old.name, tenant=old.tenant, scopes=old.scopes, expires=None)
            ends = (_now() + overlap).isoformat(timespec="seconds")
            keys[old.id] = replace(old, expires=ends) if overlap else replace(old, revoked=ends)
            keys[key.id] = key
        return key, presented

    def note_use(self, used: Mapping[str, datetime]) -> None:
        """Write when keys were last used; ids that are gone meanwhile are passed over."""
        with self._changing() as keys:
            for key_id, when in used.items():
                if key_id in keys:
                    keys[key_id] = replace(keys[key_id], last_used=when.isoformat(timespec="seconds"))

    def _find(self, keys: Mapping[str, Key], key_id: str) -> Key:
        if key_id not in keys:
            raise AccessError(
                f"there is no key {key_id!r}.", where=str(self.path), todo="`trivet keys list` shows them."
            )
        return keys[key_id]

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        import fcntl

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = self.read()
            yield keys
            _write(self.path, {"format": _FORMAT, "keys": [asdict(key) for key in keys.values()]})


def key_id_of(presented: str) -> str:
    """The public part of a presented key; empty where it does not look like one of ours."""
    parts = presented.split("_")
    return parts[1] if len(parts) == 3 and parts[0] == "trivet" else ""


def _make(*, name: str, tenant: str, scopes: tuple[str, ...], expires: datetime | None) -> tuple[Key, str]:
    key_id, salt = secrets.token_hex(5), secrets.token_bytes(16)
    presented = f"trivet_{key_id}_{secrets.token_hex(32)}"
    key = Key(
        id=key_id,
        name=name,
        tenant=tenant,
        scopes=scopes,
        salt=base64.b64encode(salt).decode(),
        hash=base64.b64encode(_hash(presented, salt)).decode(),
        created=_now().isoformat(timespec="seconds"),
        expires=expires.isoformat(timespec="seconds") if expires else "",
    )
    return key, presented


def _hash(presented: str, salt: bytes) -> bytes:
    return hashlib.scrypt(presented.encode(), salt=salt, **_SCRYPT)


def _now() -> datetime:
    return datetime.now(UTC)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
