"""An API key: whose it is and what it may do. Its text is shown once and kept nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from trivet.errors import TrivetError

Scope = Literal["read", "write", "train", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
State = Literal["valid", "expired", "revoked"]

# Keys are 256 random bits, so the hash need not be slow against guessing; 4 MB and about 10 ms keep stolen rows dull.
_SCRYPT = {"n": 2**12, "r": 8, "p": 1, "dklen": 32}


class AccessError(TrivetError):
    """A key or a tenant that cannot be made or changed like that, or a server that would stand open."""


class UnknownError(AccessError):
    """A key, a tenant or another thing that is not there, or belongs to another tenant."""


@dataclass(frozen=True)
class Key:
    """What is kept of a key: its public `id`, a salted scrypt `hash` of the whole; times are seconds since 1970.

    `replaced_by` is the key that came out of a rotation.
    """

    id: str
    tenant: str
    name: str
    scopes: tuple[str, ...]
    salt: str
    hash: str
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    last_used_at: float | None = None
    replaced_by: str = ""

    def state(self, now: float) -> State:
        """Whether it opens anything at this moment, and why not."""
        if self.revoked_at is not None:
            return "revoked"
        return "valid" if self.expires_at is None or self.expires_at > now else "expired"

    def is_valid(self, now: float) -> bool:
        """Whether it opens anything at this moment."""
        return self.state(now) == "valid"

    def matches(self, presented: str) -> bool:
        """Whether a presented key is this one; takes the same time whatever it is."""
        return hmac.compare_digest(_hash(presented, base64.b64decode(self.salt)), base64.b64decode(self.hash))


def make_key(
    tenant: str, *, name: str, scopes: Collection[str], now: float, expires_at: float | None = None
) -> tuple[Key, str]:
    """A new key and its secret text.

    Raises:
        AccessError: a scope that there is not, or none, or an end that has passed.
    """
    wrong = sorted(set(scopes) - set(SCOPES))
    if wrong or not scopes:
        raise AccessError(
            f"no such scope: {', '.join(wrong) or 'none given'}.", where="--scope", todo=f"Use {', '.join(SCOPES)}."
        )
    if expires_at is not None and expires_at <= now:
        raise AccessError("a key that has expired already opens nothing.", todo="Let it end later, or never.")
    key_id, salt = secrets.token_hex(5), secrets.token_bytes(16)
    presented = f"trivet_{key_id}_{secrets.token_hex(32)}"
    key = Key(
        id=key_id,
        tenant=tenant,
        name=name,
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        salt=base64.b64encode(salt).decode(),
        hash=base64.b64encode(_hash(presented, salt)).decode(),
        created_at=now,
        expires_at=expires_at,
    )
    return key, presented


def key_id_of(presented: str) -> str:
    """The public part of a presented key; empty where it does not look like one of ours."""
    parts = presented.split("_")
    is_ours = len(parts) == 3 and parts[0] == "trivet" and parts[1].isascii() and parts[1].isalnum()
    return parts[1] if is_ours else ""


def _hash(presented: str, salt: bytes) -> bytes:
    return hashlib.scrypt(presented.encode(), salt=salt, **_SCRYPT)
