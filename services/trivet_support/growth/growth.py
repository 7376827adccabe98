"""Keeps what a process answers tenants by in step with the intents and examples that they have in the database."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.surroundings import StoppedError
from trivet_support.encoding import embed_kept, encoder_of
from trivet_support.growth.footings import Footings
from trivet_support.growth.grown import base_of, can_grow, grow
from trivet_support.growth.intent import Example
from trivet_support.growth.intent_store import IntentStore, revisions_of_all
from trivet_support.growth.spread import Spread
from trivet_support.growth.trainings import trained_revision

if TYPE_CHECKING:
    from fastapi import Request

    from trivet.artifact.artifact import Artifact
    from trivet_service.context import Context
    from trivet_service.model import Model
    from trivet_support.growth.footing import Footing

F32 = npt.NDArray[np.float32]

# Seconds between two looks at what other processes have written.
LOOK_S = 0.5
# Examples that a request waits for where a model has not seen them; more are embedded beside the requests.
_INLINE = 64
# Tenants whose grown models stay in memory, the least recently used go.
_KEPT = 1_000


@dataclass(frozen=True, eq=False)
class Grown:
    """A model by the side of a tenant's rows of one revision; where nothing of them is new to it, the model itself."""

    base: Artifact
    revision: int
    footing: Footing | None
    artifact: Artifact
    # Examples that answer beside the model, in their order, and what its graph made of them.
    examples: tuple[Example, ...]
    rows: F32
    is_whole: bool = True


class Growth:
    """Grown models by tenant and version. A request asks by `of`; whoever writes rows says so by `tell`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.footings = Footings(context.settings, context.log)
        self._revisions: dict[str, int] = {}
        self._held: OrderedDict[tuple[str, str, int], Grown] = OrderedDict()
        self._beside: set[tuple[str, str, int]] = set()
        self._lock = threading.Lock()
        self._building = threading.Lock()
        self._ends = threading.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the database within the block."""
        await asyncio.to_thread(self._look)
        thread = threading.Thread(target=self._serve, name="growth", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            await asyncio.to_thread(thread.join)
            await asyncio.to_thread(self.footings.close)

    async def take(self, request: Request) -> Model:
        """The model that answers a request, with what the tenant's examples say beside it."""
        model = await self._context.models.take("support", request)
        return await self.of(model, request.state.caller.tenant)

    async def of(self, model: Model, tenant: str) -> Model:
        """The model as it answers a tenant.

        Raises:
            StoreUnavailableError: the tenant's rows were never read, and the database does not answer.
        """
        if not self._revisions.get(tenant) or not can_grow(model.artifact):
            return model
        held = self._find(model, tenant)
        if held is None:
            held = await asyncio.to_thread(self.build, model, tenant)
        return replace(model, artifact=held.artifact)

    def tell(self, tenant: str, revision: int) -> None:
        """The tenant's rows are of this revision by now."""
        with self._lock:
            self._revisions[tenant] = max(revision, self._revisions.get(tenant, 0))

    def build(self, model: Model, tenant: str) -> Grown:
        """The grown model, made from the rows unless it is at hand. Blocks. Raises as `of`."""
        with self._building:
            held = self._find(model, tenant)
            if held is not None:
                return held
            try:
                made = self._make(model, tenant)
            except StoreUnavailableError:
                stale = self._held.get(_place(model, tenant))
                if stale is None or stale.base is not base_of(model.artifact):
                    raise
                return stale
            with self._lock:
                self._held[_place(model, tenant)] = made
                while len(self._held) > _KEPT:
                    self._held.popitem(last=False)
            return made

    def _find(self, model: Model, tenant: str) -> Grown | None:
        place = _place(model, tenant)
        with self._lock:
            held = self._held.get(place)
            if held is None or held.base is not model.artifact or held.revision < self._revisions.get(tenant, 0):
                return None
            self._held.move_to_end(place)
        if held.footing is None and held.examples and self.footings.of(held.base) is not None:
            return None
        return held

    def _make(self, model: Model, tenant: str) -> Grown:
        store = IntentStore(self._context.database, tenant)
        # The revision first: rows that come meanwhile are only read again.
        revision, artifact = store.revision(), model.artifact
        self.tell(tenant, revision)
        known = trained_revision(self._context.database, tenant, artifact)
        fresh = tuple(one for one in store.examples() if one.revision > known)
        if not fresh:
            return Grown(artifact, revision, None, artifact, (), np.empty((0, artifact.dim), np.float32))
        vectors = store.vectors(encoder_of(artifact))
        missing = [one for one in fresh if one.id not in vectors]
        if len(missing) > _INLINE:
            self._embed_beside(model, tenant)
        elif missing:
            vectors |= self._embed(model, store, missing)
        # Neither what waits for its vector, nor what this encoder cannot read.
        fresh = tuple(one for one in fresh if one.id in vectors and vectors[one.id].any())
        footing = self.footings.of(artifact)
        assert artifact.prototypes is not None, "what can grow has them"
        spread = footing.spread if footing is not None else Spread.round(artifact.prototypes.means)
        is_whole = len(missing) <= _INLINE
        if not fresh:
            return Grown(artifact, revision, None, artifact, (), np.empty((0, artifact.dim), np.float32), is_whole)
        rows = np.stack([vectors[one.id] for one in fresh])
        grown = grow(artifact, spread, rows, [one.intent for one in fresh], [one.text for one in fresh])
        return Grown(artifact, revision, footing, grown, fresh, rows, is_whole)

    def _embed(self, model: Model, store: IntentStore, missing: Sequence[Example]) -> dict[str, F32]:
        rows = embed_kept(model, [one.text for one in missing], go_on=self._go_on)
        found = {one.id: row for one, row in zip(missing, rows, strict=True)}
        store.keep_vectors(encoder_of(model.artifact), found)
        return found

    def _embed_beside(self, model: Model, tenant: str) -> None:
        place = _place(model, tenant)
        with self._lock:
            if place in self._beside:
                return
            self._beside.add(place)
        threading.Thread(target=self._embed_all, args=(model, tenant), name="examples", daemon=True).start()

    def _embed_all(self, model: Model, tenant: str) -> None:
        store, graph = IntentStore(self._context.database, tenant), encoder_of(model.artifact)
        try:
            there = store.vectors(graph)
            missing = [one for one in store.examples() if one.id not in there]
            for start in range(0, len(missing), _INLINE):
                self._embed(model, store, missing[start : start + _INLINE])
        except (StoppedError, StoreUnavailableError) as error:
            self._context.log.warning("examples wait", error=type(error).__name__)
        finally:
            with self._lock:
                self._beside.discard(_place(model, tenant))
                # Whoever asks next builds anew, from what is there by then.
                self._held.pop(_place(model, tenant), None)

    def _go_on(self) -> None:
        if self._ends.is_set():
            raise StoppedError

    def _serve(self) -> None:
        while not self._ends.wait(LOOK_S):
            self._look()

    def _look(self) -> None:
        try:
            found = revisions_of_all(self._context.database)
        except StoreUnavailableError:
            # What is held goes on answering.
            return
        for tenant, revision in found.items():
            self.tell(tenant, revision)


def _place(model: Model, tenant: str) -> tuple[str, str, int]:
    return tenant, model.name, model.version
