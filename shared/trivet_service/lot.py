"""Which keys belong to a share of all keys."""

from __future__ import annotations

import hashlib


def falls_into(share: float, key: str) -> bool:
    """Whether a key belongs to a share from 0 to 1: the same keys always, and more of them under a larger share."""
    if share in (0.0, 1.0):
        return share == 1.0
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64
