"""Every tenant's library, kept from the database: embedded in the background, by the encoder that answers."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from trivet.heads.prototypes import normalise
from trivet_service.context import Context
from trivet_service.model import Model
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.surroundings import StoppedError
from trivet_support.encoding import embed_kept, encoder_of
from trivet_support.knowledge.library import Library
from trivet_support.knowledge.passage import Passage, cut_passages
from trivet_support.knowledge.store import KnowledgeStore

F32 = npt.NDArray[np.float32]

# Passages that are embedded and written at once.
_AT_ONCE = 64
# Seconds until what could not be done, as the database did not answer, is tried again.
_AGAIN_S = 2.0
# Seconds that a tenant's turn takes, so that others' few passages do not wait for all of a large library; it is longer
# where reading the library would otherwise take more than this share of it.
_TURN_S = 0.5
_SHARE = 0.2


class Librarian:
    """Reads a tenant's documents when they are asked for, and has what is new embedded in a thread of its own.

    What is acknowledged lies in the database; whatever of it has no vector when a server starts, it embeds then. A
    tenant has a library for each encoder that answers it: a canary's beside everybody's. At most `most` stay in memory,
    the least recently used goes.
    """

    def __init__(self, context: Context, *, most: int) -> None:
        self.store = KnowledgeStore(context.database)
        self._context = context
        self._most = most
        # By tenant and encoder.
        self._libraries: OrderedDict[tuple[str, str], Library] = OrderedDict()
        # Deletions by tenant: what was read before one is not shelved after it.
        self._deletions: Counter[str] = Counter()
        self._changing = threading.Lock()
        self._waiting: SimpleQueue[tuple[str, Model] | None] = SimpleQueue()
        self._queued: set[tuple[str, str]] = set()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="librarian", daemon=True)

    def start(self) -> None:
        """Go on with what a server that ended had not embedded. Blocks for a look at the database.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        self._thread.start()
        model = self._context.models.of("support")
        for tenant in self.store.unfinished(encoder_of(model.artifact)):
            self.ask(tenant, model)

    def close(self) -> None:
        """End; what waits is done by the next server."""
        self._ends.set()
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def of(self, tenant: str, encoder: str) -> Library | None:
        """A tenant's library by an encoder, where it is in memory."""
        with self._changing:
            library = self._libraries.get((tenant, encoder))
            if library is not None:
                self._libraries.move_to_end((tenant, encoder))
            return library

    def encoders(self, tenant: str) -> list[str]:
        """Those by which a tenant's library is in memory."""
        with self._changing:
            return [encoder for owner, encoder in self._libraries if owner == tenant]

    def ask(self, tenant: str, model: Model) -> None:
        """Have a tenant's documents read, and embedded by a model, soon; once for all who ask meanwhile."""
        with self._changing:
            if (tenant, encoder_of(model.artifact)) in self._queued:
                return
            self._queued.add((tenant, encoder_of(model.artifact)))
        self._waiting.put((tenant, model))

    def read(self, tenant: str, encoder: str) -> Library:
        """A tenant's library as the database has it now, with the vectors of an encoder that it holds. Blocks.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        while True:
            with self._changing:
                deletions = self._deletions[tenant]
            documents = self.store.all(tenant)
            passages = [passage for document in documents for passage in cut_passages(document)]
            library = Library(passages, self.store.vectors(tenant, encoder), encoder=encoder)
            with self._changing:
                if self._deletions[tenant] != deletions:
                    continue
                self._libraries[tenant, encoder] = library
                self._libraries.move_to_end((tenant, encoder))
                while len(self._libraries) > self._most:
                    self._libraries.popitem(last=False)
                return library

    def forget(self, tenant: str, document: str) -> bool:
        """Delete a document; no search that begins afterwards finds it. Whether there was one. Blocks.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        found = self.store.delete(tenant, document)
        with self._changing:
            self._deletions[tenant] += 1
        for encoder in self.encoders(tenant):
            self._take_out(tenant, encoder, document)
        return found

    def _take_out(self, tenant: str, encoder: str, document: str) -> None:
        while (library := self.of(tenant, encoder)) is not None:
            # Its words are counted anew, for which no message should wait.
            rest = library.without(document)
            with self._changing:
                if self._libraries.get((tenant, encoder)) is library:
                    self._libraries[tenant, encoder] = rest
                    return

    def _serve(self) -> None:
        while (asked := self._waiting.get()) is not None and not self._ends.is_set():
            tenant, model = asked
            with self._changing:
                # Whoever asks from now on has changed something that may not be read here any more.
                self._queued.discard((tenant, encoder_of(model.artifact)))
            try:
                self._embed(tenant, model)
            except StoppedError:
                return
            except StoreUnavailableError:
                if not self._ends.wait(_AGAIN_S):
                    self.ask(tenant, model)
            except Exception as error:
                # One tenant's trouble must not end the thread for all.
                self._context.log.error("knowledge not embedded", tenant=tenant, error=type(error).__name__)

    def _embed(self, tenant: str, model: Model) -> None:
        """Read a tenant's documents, and embed for a while what has no vector; the rest when it is its turn again."""
        encoder, began = encoder_of(model.artifact), time.monotonic()
        lacking = self.read(tenant, encoder).lacking()
        until = time.monotonic() + max(_TURN_S, (time.monotonic() - began) / _SHARE)
        for start in range(0, len(lacking), _AT_ONCE):
            part = lacking[start : start + _AT_ONCE]
            self.store.put_vectors(tenant, encoder, part, self._embed_part(part, model))
            if time.monotonic() > until:
                break
        if lacking:
            # What was embedded shows once it is read; a document may have come or gone meanwhile.
            self.ask(tenant, model)
        else:
            self.store.keep_vectors_of(tenant, self.encoders(tenant))

    def _embed_part(self, passages: Sequence[Passage], model: Model) -> F32:
        return normalise(embed_kept(model, [passage.read for passage in passages], go_on=self._go_on))

    def _go_on(self) -> None:
        if self._ends.is_set():
            raise StoppedError
