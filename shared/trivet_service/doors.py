"""Whether a server may stand open."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

from trivet_service.keys import AccessError, KeyFile
from trivet_service.settings import ServiceSettings


def choose_keys(settings: ServiceSettings, *, insecure: bool) -> KeyFile | None:
    """The key file that callers are told by, or None where everybody on this machine may enter.

    Raises:
        AccessError: `insecure` where others can reach the server, or no key that would open it.
    """
    if insecure:
        if not is_loopback(settings.host):
            raise AccessError(
                f"--insecure asks for no keys, but {settings.host} can be reached from elsewhere.",
                where="--host",
                todo="Listen on 127.0.0.1, or create keys and leave --insecure out.",
            )
        return None
    keys = KeyFile(settings.home / "keys.json")
    now = datetime.now(UTC)
    if not any(key.is_valid(now) for key in keys.read().values()):
        raise AccessError(
            "there is no API key that would open the server.",
            where=str(keys.path),
            todo="`trivet keys create --name me --scope read --scope write`, or --insecure on this machine alone.",
        )
    return keys


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
