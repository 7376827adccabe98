"""Signatures by the convention of Standard Webhooks (https://www.standardwebhooks.com), so that receivers need no code
of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

_PREFIX = "whsec_"
_BYTES = 32


def make_secret() -> str:
    """A new secret: 32 random bytes in base64 behind `whsec_`."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sign(secrets_now: Sequence[str], *, message_id: str, timestamp: int, body: str) -> dict[str, str]:
    """The headers of a message; one signature a secret, so that a receiver may change over at leisure."""
    content = f"{message_id}.{timestamp}.{body}".encode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in secrets_now),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
