"""Every tenant's shop, built from the store when the service starts."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from trivet.answers.similarity import SimilarityFacts
from trivet.errors import ArtifactError
from trivet.runtime.vector_index import F32
from trivet_recommend.shop import Shop
from trivet_recommend.store import Embedded, Event, Item, RecommendStore
from trivet_service.context import Check, Context
from trivet_service.model import Model

# Items that are embedded at once when the catalogue is built.
_AT_ONCE = 1024


class Shops:
    """Shops by tenant over one store and one encoder; what is written is on the disk before it shows."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.store = RecommendStore(context.database)
        self._shops: dict[str, Shop] = {}
        self._lock = threading.Lock()

    @property
    def model(self) -> Model:
        """The encoder of the items."""
        return self._context.models.of("recommend")

    @property
    def encoder(self) -> str:
        """Whose vectors are kept: the same weights answer a little differently in another precision."""
        artifact = self.model.artifact
        return f"{artifact.identity}-{artifact.graph.engine.precision}"

    def open(self) -> None:
        """Build every tenant's shop from the store; items without a vector of this encoder are embedded.

        Raises:
            ArtifactError: the model was not trained for similarity.
        """
        if not isinstance(self.model.artifact.facts, SimilarityFacts):
            todo = "Serve a model of `trivet train recommend`."
            raise ArtifactError("it was not trained for similarity.", where=self.model.name, todo=todo)
        for tenant in self.store.tenants():
            self._build(tenant)

    def of(self, tenant: str) -> Shop:
        """A tenant's shop; an empty one where there was none."""
        with self._lock:
            if tenant not in self._shops:
                facts = self.model.artifact.facts
                assert isinstance(facts, SimilarityFacts), "checked when the shops are opened"
                self._shops[tenant] = Shop(facts.dim, facts.shares)
            return self._shops[tenant]

    def put(self, tenant: str, items: Sequence[Item], changed: Sequence[Item], vectors: F32) -> None:
        """Store items and put them into the shop; `vectors` F32[N,D] are those of the ones whose text has changed."""
        self.store.put_items(tenant, items)
        self.of(tenant).describe(items)
        self._keep(tenant, changed, vectors)

    def embed(self, tenant: str, items: Sequence[Item]) -> None:
        """Embed items that are stored already and put them into the shop; computes on the calling thread."""
        for start in range(0, len(items), _AT_ONCE):
            part = items[start : start + _AT_ONCE]
            self.of(tenant).describe(part)
            self._keep(tenant, part, self.model.artifact.embed([item.text for item in part]))

    def record(self, tenant: str, events: Sequence[Event]) -> list[Event]:
        """Store the events that are new, then let the shop know; returns those."""
        added = self.store.add_events(tenant, events)
        self.of(tenant).record(added)
        return added

    def check(self) -> Check:
        """How much the shops hold."""
        shops = list(self._shops.values())
        detail: dict[str, object] = {
            "tenants": len(shops),
            "items": sum(map(len, shops)),
            "index": sorted({shop.index.kind for shop in shops}),
        }
        return Check(ok=True, detail=detail)

    def _build(self, tenant: str) -> None:
        shop, items = self.of(tenant), self.store.items(tenant)
        kept = self.store.embeddings(tenant, self.encoder)
        known = [item for item in items if item.item in kept and kept[item.item].text == item.text]
        shop.describe(items)
        if known:
            shop.place([item.item for item in known], np.stack([kept[item.item].vector for item in known]))
        names = {item.item for item in known}
        self.embed(tenant, [item for item in items if item.item not in names])
        shop.record(list(self.store.events(tenant)))

    def _keep(self, tenant: str, items: Sequence[Item], vectors: F32) -> None:
        embedded = [Embedded(item.item, item.text, vector) for item, vector in zip(items, vectors, strict=True)]
        self.store.put_embeddings(tenant, self.encoder, embedded)
        if items:
            self.of(tenant).place([item.item for item in items], vectors)
