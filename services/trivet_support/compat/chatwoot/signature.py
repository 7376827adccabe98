"""Whether Chatwoot has sent something, and just now."""

from __future__ import annotations

import hashlib
import hmac
import re

# Seconds that a signed request may be old, or ahead of our clock.
WINDOW_S = 300.0
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def is_signed(body: bytes, *, secret: str, timestamp: str, signature: str) -> bool:
    """Whether `signature` (`X-Chatwoot-Signature`) is `sha256=` with HMAC-SHA256 of `TIMESTAMP.BODY`, in hex.

    Takes the same time whatever it is.
    """
    content = timestamp.encode("utf-8", "replace") + b"." + body
    expected = f"sha256={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def is_fresh(timestamp: str, *, now: float) -> bool:
    """Whether the seconds since 1970 of `X-Chatwoot-Timestamp` are about now: what was listened to serves no more."""
    return bool(_TIMESTAMP.fullmatch(timestamp)) and abs(now - int(timestamp)) <= WINDOW_S
