"""Dialogues that are remembered: read before a message is understood, and added to before its answer goes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from trivet_service.exchange import exchange_of
from trivet_service.privacy.redaction import redact
from trivet_support.pruning import prune
from trivet_support.sessions import Kept, forget_session, keep_reply, keep_turn, read_session

if TYPE_CHECKING:
    from fastapi import Request

    from trivet_service.context import Context
    from trivet_service.storage.database import TenantStore
    from trivet_support.schemas import Parsed
    from trivet_support.turn import Said, Turn

_PRUNE_EVERY_S = 300.0


@dataclass(frozen=True)
class Memory:
    """What was said in a dialogue before a message; `session` is empty where none was named."""

    session: str = ""
    turns: tuple[Kept, ...] = ()
    message_id: str = ""

    @property
    def said(self) -> tuple[Said, ...]:
        """Messages and replies, oldest first."""
        return tuple(said for turn in self.turns for said in turn.said)

    @property
    def last(self) -> Kept | None:
        """The turn before the message."""
        return self.turns[-1] if self.turns else None


class Dialogue:
    """The dialogues of this app's tenants, in its database.

    Messages of one dialogue are understood one after another by a process; several processes add theirs in the order
    in which they come onto the disk.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def follow(self, request: Request, turn: Turn) -> AsyncIterator[Memory]:
        """What was said before a message; no other message of its dialogue is understood within the block.

        A message that is there already is read behind what stood before it, as it was the first time.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        if not turn.session:
            yield Memory()
            return
        store, since = self._store(request), self._since()
        async with self._locks.setdefault((store.tenant or "", turn.session), asyncio.Lock()):
            turns = await asyncio.to_thread(store.read, lambda rows: read_session(rows, turn.session, since=since))
            message_id = turn.message_id or exchange_of(request.scope).request_id
            again = next((at for at, one in enumerate(turns) if one.message_id == message_id), len(turns))
            yield Memory(turn.session, turns[:again], message_id)

    async def keep(self, request: Request, memory: Memory, turn: Turn, parsed: Parsed) -> None:
        """Add a message and what was made of it, redacted; on the disk when this returns. Raises as `follow`."""
        if not memory.session:
            return
        kept = Kept(memory.message_id, time.time(), redact(turn.text), made=describe(parsed))
        since = self._since()
        await asyncio.to_thread(
            self._store(request).write, lambda rows: keep_turn(rows, memory.session, kept, since=since)
        )

    async def keep_reply(self, request: Request, turn: Turn, reply: str) -> None:
        """Note what was said to a message of a dialogue, redacted. Raises as `follow`."""
        if not turn.session:
            return
        message_id, said = turn.message_id or exchange_of(request.scope).request_id, redact(reply)
        await asyncio.to_thread(
            self._store(request).write, lambda rows: keep_reply(rows, turn.session, message_id, said)
        )

    def read(self, request: Request, session: str) -> tuple[Kept, ...]:
        """The turns of a dialogue; none where there is none. Blocks; raises as `follow`."""
        return self._store(request).read(lambda rows: read_session(rows, session, since=self._since()))

    def forget(self, request: Request, session: str) -> int:
        """Remove a dialogue; how many turns it had. Blocks; raises as `follow`."""
        return self._store(request).write(lambda rows: forget_session(rows, session))

    async def prune(self) -> None:
        """Remove what is over every few minutes, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(prune, self._context)
            except Exception as error:  # what is over stays unseen anyway; the next look removes it
                self._context.log.warning("pruning waits", error=type(error).__name__)
            await asyncio.sleep(_PRUNE_EVERY_S)

    def _since(self) -> float:
        return time.time() - 60 * self._context.settings.session_minutes

    def _store(self, request: Request) -> TenantStore:
        return self._context.database.of(request.state.caller.tenant)


def describe(parsed: Parsed) -> dict[str, Any]:
    """What is kept of an answer."""
    made: dict[str, Any] = {
        "intent": parsed.intent.name,
        "confidence": parsed.confidence,
        "decision": parsed.decision,
    }
    entities = [{"entity": one.entity, "value": redact(str(one.value))} for one in parsed.entities]
    options = [one.intent for one in parsed.clarify.options] if parsed.clarify else []
    return made | ({"entities": entities} if entities else {}) | ({"options": options} if options else {})
