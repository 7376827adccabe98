"""Every tenant's shop, built from the store when the service starts, and a catalogue an encoder that answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np

from trivet.runtime.vector_index import F32
from trivet_recommend.catalogue import Catalogue, Placement
from trivet_recommend.shop import Shop
from trivet_recommend.store import Embedded, Event, Item, RecommendStore
from trivet_recommend.turnstile import Turnstile
from trivet_service.context import Check, Context
from trivet_service.model import Model

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact

Embed: TypeAlias = Callable[[Sequence[str]], F32]

# Items that are embedded at once when a catalogue is built.
_AT_ONCE = 1024


class Shops:
    """Shops by tenant over one store; what is written is on the disk before it shows.

    Before another encoder answers, everybody's items are embedded by it. A catalogue lives as long as its encoder.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.store = RecommendStore(context.database)
        self._shops: dict[str, Shop] = {}
        self._catalogues: WeakKeyDictionary[Artifact, Catalogue] = WeakKeyDictionary()
        # The encoder whose vectors are kept in the store.
        self._kept = ""
        self._lock = threading.Lock()
        self._turnstile = Turnstile()
        # What came while a shop is built anew.
        self._late: dict[str, list[Event]] = {}
        context.models.preparations["recommend"] = self

    @property
    def model(self) -> Model:
        """The live encoder of the items."""
        return self._context.models.of("recommend")

    def open(self) -> None:
        """Build every tenant's shop from the store; items without a vector of the live encoder are embedded.

        Raises:
            ArtifactError: the model was not trained for similarity.
        """
        model = self.model
        catalogue = self._register(model)
        self._kept = catalogue.encoder
        for tenant in self.store.tenants():
            shop = self.of(tenant)
            shop.describe(self.store.items(tenant))
            shop.record(list(self.store.events(tenant)))
            self._fill(catalogue, tenant, model.artifact.embed)
        catalogue.is_whole = True

    def prepare(self, model: Model, *, go_on: Callable[[], None]) -> None:
        """Embed the items of everybody, or of the tenant whose own model it is; requests pass between.

        Raises:
            ArtifactError: the model was not trained for similarity; also what `go_on` raises.
        """
        catalogue = self._register(model)
        if catalogue.is_whole:
            return
        for tenant in [model.tenant] if model.tenant else self.store.tenants():
            self._fill(catalogue, tenant, lambda texts: model.embed_beside(texts, go_on=go_on))
        catalogue.is_whole = True

    def adopt(self, model: Model) -> None:
        """Keep the vectors of the encoder that is live now, so that the next start need not embed."""
        catalogue = self._catalogue(model)
        self._kept = catalogue.encoder
        for tenant, placement in catalogue.placements().items():
            self.store.put_embeddings(tenant, catalogue.encoder, placement.embedded())

    def of(self, tenant: str) -> Shop:
        """A tenant's shop; an empty one where there was none."""
        with self._lock:
            return self._shops.setdefault(tenant, Shop())

    def placement(self, tenant: str, model: Model) -> Placement:
        """A tenant's items where a model puts them."""
        return self._catalogue(model).of(tenant)

    def put(self, tenant: str, items: Sequence[Item], changed: Sequence[Item], vectors: F32, model: Model) -> None:
        """Store items and put them into the shop; a model gave `vectors` F32[N,D] of those whose text has changed.

        Other encoders that answer, or are about to, embed them on the calling thread.
        """
        with self._turnstile.passing(tenant):
            self.store.put_items(tenant, items)
            self.of(tenant).describe(items)
        mine = self._catalogue(model)
        self._keep(mine, tenant, changed, vectors)
        # Looked at after the items were stored: an encoder that comes later finds them there.
        for artifact, catalogue in self._others(mine):
            lacking = [item for item in items if catalogue.holds(tenant) and not catalogue.of(tenant).has_text(item)]
            if lacking:
                self._keep(catalogue, tenant, lacking, artifact.embed([item.text for item in lacking]))

    def record(self, tenant: str, events: Sequence[Event]) -> list[Event]:
        """Store the events that are new, then let the shop know; returns those."""
        with self._turnstile.passing(tenant):
            added = self.store.add_events(tenant, events)
            with self._lock:
                self._late.get(tenant, []).extend(added)
            self.of(tenant).record(added)
        return added

    def reload(self, tenant: str) -> None:
        """Build a tenant's shop anew: a worker has written into the store. Meanwhile the old one answers.

        What is written here meanwhile is in the new one too; writes wait only for the first and the last moment. One
        thread reloads at a time.
        """
        with self._turnstile.stopped(tenant):
            last = self.store.last_event(tenant)
            late: list[Event] = []
            with self._lock:
                self._late[tenant] = late
        new = Shop()
        new.record(list(self.store.events(tenant, up_to=last)))
        with self._turnstile.stopped(tenant):
            new.describe(self.store.items(tenant))
            new.record(late)
            with self._lock:
                self._late.pop(tenant, None)
                self._shops[tenant] = new
        with self._lock:
            catalogues = list(self._catalogues.items())
        for artifact, catalogue in catalogues:
            if catalogue.holds(tenant):
                self._fill(catalogue, tenant, artifact.embed)

    def check(self) -> Check:
        """How much the shops hold."""
        shops = list(self._shops.values())
        placements = self._catalogue(self.model).placements().values()
        detail: dict[str, object] = {
            "tenants": len(shops),
            "items": sum(map(len, shops)),
            "index": sorted({placement.index.kind for placement in placements}),
        }
        return Check(ok=True, detail=detail)

    def _register(self, model: Model) -> Catalogue:
        """The catalogue of a model from now on: whatever is put is embedded for it too.

        One that the same encoder has filled already serves again.
        """
        made = Catalogue(model)
        with self._lock:
            for known in self._catalogues.values():
                if known.is_whole and (known.encoder, known.tenant) == (made.encoder, made.tenant):
                    made = known
                    break
            self._catalogues[model.artifact] = made
        return made

    def _catalogue(self, model: Model) -> Catalogue:
        with self._lock:
            return self._catalogues[model.artifact]

    def _others(self, mine: Catalogue) -> list[tuple[Artifact, Catalogue]]:
        with self._lock:
            return [(artifact, other) for artifact, other in self._catalogues.items() if other is not mine]

    def _fill(self, catalogue: Catalogue, tenant: str, embed: Embed) -> None:
        """Put everything that the store holds of a tenant into a catalogue."""
        placement, shop, items = catalogue.of(tenant), self.of(tenant), self.store.items(tenant)
        kept = self.store.embeddings(tenant, catalogue.encoder)
        known = [item for item in items if item.item in kept and kept[item.item].text == item.text]
        if known:
            placement.place(known, np.stack([kept[item.item].vector for item in known]), shop=shop)
        lacking = [item for item in items if not placement.has_text(item)]
        for start in range(0, len(lacking), _AT_ONCE):
            part = lacking[start : start + _AT_ONCE]
            self._keep(catalogue, tenant, part, embed([item.text for item in part]))

    def _keep(self, catalogue: Catalogue, tenant: str, items: Sequence[Item], vectors: F32) -> None:
        if catalogue.encoder == self._kept:
            embedded = [Embedded(item.item, item.text, vector) for item, vector in zip(items, vectors, strict=True)]
            self.store.put_embeddings(tenant, catalogue.encoder, embedded)
        if items:
            catalogue.of(tenant).place(items, vectors, shop=self.of(tenant))
