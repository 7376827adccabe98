"""Tells callers by their keys, quickly: whatever has been seen is remembered, and what happens to it is followed."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from contextlib import suppress

from trivet_service.callers import EVERYBODY, Caller, caller_with
from trivet_service.key_store import Keys, Standing
from trivet_service.keys import Key, key_id_of
from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.tenants import DEFAULT, Tenants

# Seconds between two looks whether a key has changed anywhere, and between two writes of when keys were last used.
_LOOK_EVERY_S = 0.5
_USES_EVERY_S = 60.0
# Keys that nobody knows yet and that are looked up at once: a flood of made-up ones must not fill the threads.
_LOOK_UPS = 2


class Doorkeeper:
    """The keys of a database as one process knows them; without `asks` everybody may enter.

    A key that has been seen is checked without the database. Every half second one look at a counter tells whether
    any key has changed; if so, those that are known are read again. While the database does not answer, they open for
    `grace_s` seconds more; unknown ones cannot be told from wrong ones and have to wait.
    """

    def __init__(self, database: Database, *, asks: bool, grace_s: float) -> None:
        self.asks = asks
        self.keys = Keys(database)
        self._tenants = Tenants(database)
        self._grace_s = grace_s
        self._changes = 0
        self._seen_at = time.monotonic()
        self._known: dict[str, Standing] = {}
        # The slow hash runs once a key and process: by the SHA-256 of what was presented.
        self._verified: dict[bytes, str] = {}
        self._used: dict[str, float] = {}
        self._known_tenants = {DEFAULT}
        self._looking = threading.Lock()
        self._looking_up = asyncio.Semaphore(_LOOK_UPS)

    async def identify(self, presented: str) -> Caller | None:
        """The caller whose valid key was presented, or None.

        Raises:
            StoreUnavailableError: the database does not answer, and it would have to.
        """
        if not self.asks:
            return EVERYBODY
        key_id, now = key_id_of(presented), time.time()
        key = await self._find(key_id) if key_id else None
        if key is None or not key.is_valid(now):
            return None
        digest = hashlib.sha256(presented.encode()).digest()
        if digest not in self._verified:
            # The hash takes about 10 ms, in which the event loop serves others.
            if not await asyncio.to_thread(key.matches, presented):
                return None
            self._verified[digest] = key.id
        self._used[key.id] = now
        return caller_with(key)

    async def knows_tenant(self, tenant: str) -> bool:
        """Whether there is a tenant of that name.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        if "\x00" in tenant:
            # Which no name has, and PostgreSQL does not even compare.
            return False
        if tenant not in self._known_tenants:
            async with self._looking_up:
                if await asyncio.to_thread(self._tenants.find, tenant) is None:
                    return False
            self._known_tenants.add(tenant)
        return True

    def notice(self) -> None:
        """See at once what has just been changed; where that cannot be, the next look will. Blocks."""
        with suppress(StoreUnavailableError):
            self.look()

    def look(self) -> None:
        """See what has happened to the keys that are known. Blocks.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        with self._looking:
            changes = self.keys.count_changes()
            if changes != self._changes:
                self._known.update(self.keys.look_up(list(self._known)))
                self._changes = changes
            self._seen_at = time.monotonic()

    async def follow(self) -> None:
        """Look again and again, and note when keys were used, until cancelled."""
        noted = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await asyncio.to_thread(self.notice)
            if time.monotonic() - noted > _USES_EVERY_S:
                await asyncio.to_thread(self.write_uses)
                noted = time.monotonic()

    def write_uses(self) -> None:
        """Write when keys were last used; kept for the next time where the database does not answer. Blocks."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            self.keys.note_uses(used)
        except StoreUnavailableError:
            self._used = used | self._used

    async def _find(self, key_id: str) -> Key | None:
        known = self._known.get(key_id)
        if known is None or known.changes < self._changes:
            async with self._looking_up:
                known = (await asyncio.to_thread(self.keys.look_up, [key_id]))[key_id]
            if known.key is not None:
                self._known[key_id] = known
        elif time.monotonic() - self._seen_at > self._grace_s:
            raise StoreUnavailableError("the database has not answered for too long to know what has become of a key.")
        return known.key
