"""The desk and the library of every tenant, as one process knows them."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING

from trivet_service.storage.errors import StoreUnavailableError
from trivet_support.answers.reply_set import Replies
from trivet_support.answers.store import ReplyStore
from trivet_support.desk.desk import EMPTY, Desk
from trivet_support.desk.marks import Kind, Marked, marks_since
from trivet_support.encoding import encoder_of
from trivet_support.entities.extraction import read_entities
from trivet_support.entities.store import EntityStore
from trivet_support.knowledge.librarian import Librarian
from trivet_support.points.store import PointStore
from trivet_support.rules.rulebook import read_rules
from trivet_support.rules.store import RuleStore

if TYPE_CHECKING:
    from trivet_service.context import Context
    from trivet_service.model import Model
    from trivet_support.knowledge.library import Library

# Seconds between two looks at what other processes have written, and how far the clocks of two may be apart.
_LOOK_EVERY_S = 0.5
_OVERLAP_S = 60.0
# What a desk is read from.
_KINDS: tuple[Kind, ...] = ("replies", "rules", "entities", "points")
# Tenants in memory, at least; the least recently asked goes.
_LEAST = 100


class Desks:
    """Whatever is written here counts from the next message on, what another process writes within a second.

    A message asks no database, unless its tenant has not been asked for yet.
    """

    def __init__(self, context: Context) -> None:
        most = max(_LEAST, context.settings.tenant_models)
        self.replies = ReplyStore(context.database)
        self.rules = RuleStore(context.database)
        self.entities = EntityStore(context.database)
        self.points = PointStore(context.database)
        self.librarian = Librarian(context, most=most)
        self._context = context
        self._most = most
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._marks: dict[tuple[str, str], Marked] = {}
        self._seen_until = 0.0
        # Changes by tenant: what was read before one does not take the place of what was read after it.
        self._changes: Counter[str] = Counter()
        self._changing = threading.Lock()

    def open(self) -> None:
        """See who has anything, and go on embedding. Blocks.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        for marked in marks_since(self._context.database, 0.0):
            self._note(marked)
        self.librarian.start()

    def close(self) -> None:
        """End what runs beside."""
        self.librarian.close()

    async def follow(self) -> None:
        """See again and again what other processes have written, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            with suppress(StoreUnavailableError):
                await asyncio.to_thread(self.look)

    async def of(self, tenant: str) -> Desk:
        """A tenant's desk.

        Raises:
            StoreUnavailableError: it is asked for the first time, and the database does not answer.
        """
        desk = self._desks.get(tenant)
        if desk is not None:
            with suppress(KeyError):
                self._desks.move_to_end(tenant)
            return desk
        if all((tenant, kind) not in self._marks for kind in _KINDS):
            return EMPTY
        return await asyncio.to_thread(self.renew, tenant)

    async def library(self, tenant: str, model: Model) -> Library | None:
        """A tenant's library by the encoder of a model; what that has not embedded yet is told by its words.

        Raises:
            StoreUnavailableError: it is asked for the first time, and the database does not answer.
        """
        encoder = encoder_of(model.artifact)
        library = self.librarian.of(tenant, encoder)
        if library is None:
            if (tenant, "knowledge") not in self._marks:
                return None
            library = await asyncio.to_thread(self.librarian.read, tenant, encoder)
        if not library.is_whole:
            self.librarian.ask(tenant, model)
        return library

    def learn(self, tenant: str, model: Model) -> None:
        """Have a tenant's documents, which were changed, read and embedded by a model soon."""
        self._marks.setdefault((tenant, "knowledge"), Marked(tenant, "knowledge", "", 0.0))
        self.librarian.ask(tenant, model)

    def renew(self, tenant: str) -> Desk:
        """A tenant's desk as the database has it now, from now on. Blocks; raises as `of`."""
        while True:
            with self._changing:
                changes = self._changes[tenant]
            replies = {kept.intent: Replies(kept.replies) for kept in self.replies.all(tenant)}
            extraction = read_entities({kept.name: kept.declared for kept in self.entities.all(tenant)})
            points = {point.name: point for point in self.points.all(tenant)}
            desk = Desk(replies, read_rules(self.rules.find(tenant).rules), extraction, points)
            with self._changing:
                if self._changes[tenant] != changes:
                    continue
                self._desks[tenant] = desk
                while len(self._desks) > self._most:
                    self._desks.popitem(last=False)
                return desk

    def change(self, tenant: str) -> None:
        """Have a tenant's desk read anew: it was changed, and whoever read it before has read too early.

        Blocks; raises as `of`.
        """
        with self._changing:
            self._changes[tenant] += 1
        self.renew(tenant)

    def look(self) -> None:
        """See what other processes have written. Blocks; raises as `of`."""
        for marked in marks_since(self._context.database, self._seen_until - _OVERLAP_S):
            known = self._marks.get((marked.tenant, marked.kind))
            if known is not None and known.mark == marked.mark:
                continue
            try:
                self._read_again(marked)
            except StoreUnavailableError:
                # Not noted: the next look tries again.
                raise
            except Exception as error:
                # One tenant's trouble must not end the looking for all.
                self._context.log.error("change not read", tenant=marked.tenant, error=type(error).__name__)
            self._note(marked)

    def _read_again(self, marked: Marked) -> None:
        if marked.kind in _KINDS and marked.tenant in self._desks:
            self.change(marked.tenant)
        if marked.kind == "knowledge":
            for encoder in self.librarian.encoders(marked.tenant):
                # What is new in it is embedded once its model is asked.
                self.librarian.read(marked.tenant, encoder)

    def _note(self, marked: Marked) -> None:
        self._marks[marked.tenant, marked.kind] = marked
        self._seen_until = max(self._seen_until, marked.at)
