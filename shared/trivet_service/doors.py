"""Whether a server may stand open, and who holds its doors while it runs."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from trivet_service.keys import AccessError

if TYPE_CHECKING:
    from trivet_service.context import Context


def check_address(host: str) -> None:
    """See to it that a server which asks for no keys listens where only this machine reaches it.

    Raises:
        AccessError: others reach it too.
    """
    if not is_loopback(host):
        raise AccessError(
            f"--insecure asks for no keys, but {host} can be reached from elsewhere.",
            where="--host",
            todo="Listen on 127.0.0.1, or create keys and leave --insecure out.",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@asynccontextmanager
async def kept_doors(context: Context) -> AsyncIterator[None]:
    """Follow the keys of the database, which is open, while the app runs.

    Raises:
        AccessError: keys are asked for, but there is none that opens anything.
    """
    await asyncio.to_thread(_prepare, context)
    following = asyncio.create_task(context.doorkeeper.follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.to_thread(context.doorkeeper.write_uses)


def _prepare(context: Context) -> None:
    from trivet_service.key_file import import_key_file

    doorkeeper = context.doorkeeper
    if not doorkeeper.asks:
        return
    if imported := import_key_file(context.database, context.settings.home / "keys.json"):
        context.log.info("imported", keys=imported)
    if not doorkeeper.keys.is_any_valid(time.time()):
        raise AccessError(
            "there is no API key that would open the server.",
            todo="`trivet keys create --name me --scope admin`, or --insecure on this machine alone.",
        )
    doorkeeper.look()
