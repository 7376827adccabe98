"""Where one encoder puts the items of tenants."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from trivet.answers.similarity import Shares, SimilarityFacts
from trivet.artifact.artifact import Artifact
from trivet.errors import ArtifactError
from trivet.runtime.vector_index import F32, VectorIndex
from trivet_recommend.shop import Shop
from trivet_recommend.store import Embedded, Item
from trivet_service.model import Model


class Placement:
    """A tenant's items in the index of one encoder, with the shares that its ranking was given."""

    def __init__(self, dim: int, shares: Shares) -> None:
        self.index = VectorIndex(dim)
        self.shares = shares
        self._texts: dict[str, str] = {}
        self._lock = threading.Lock()

    def has_text(self, item: Item) -> bool:
        """Whether the item is in the index under this very text."""
        return self._texts.get(item.item) == item.text

    def place(self, items: Sequence[Item], vectors: F32, *, shop: Shop) -> None:
        """Put items where their vectors F32[N,D] say; those whose text in the shop is another by now stay as they are.

        So who embeds a whole catalogue does not undo what is written meanwhile.
        """
        with self._lock:
            current = [at for at, item in enumerate(items) if shop.has_text(item)]
            if current:
                self.index.add([items[at].item for at in current], vectors[current])
                self._texts |= {items[at].item: items[at].text for at in current}

    def embedded(self) -> list[Embedded]:
        """Every item with its text and vector."""
        with self._lock:
            names = list(self._texts)
            vectors = self.index.vectors(names)
            return [Embedded(name, self._texts[name], vector) for name, vector in zip(names, vectors, strict=True)]


def encoder_of(artifact: Artifact) -> str:
    """Whose vectors those of an artifact are: the same weights answer a little differently in another precision."""
    return f"{artifact.identity}-{artifact.graph.engine.precision}"


class Catalogue:
    """A placement a tenant, all by one encoder; where that is a tenant's own, of this tenant alone."""

    def __init__(self, model: Model) -> None:
        """Raises ArtifactError where the model was not trained for similarity."""
        facts = model.artifact.facts
        if not isinstance(facts, SimilarityFacts):
            todo = "Serve a model of `trivet train recommend`."
            raise ArtifactError("it was not trained for similarity.", where=model.name, todo=todo)
        self.encoder = encoder_of(model.artifact)
        self.tenant = model.tenant
        self.is_whole = False
        self._facts = facts
        self._placements: dict[str, Placement] = {}
        self._lock = threading.Lock()

    def holds(self, tenant: str) -> bool:
        """Whether it is for a tenant."""
        return self.tenant in ("", tenant)

    def of(self, tenant: str) -> Placement:
        """A tenant's placement; an empty one where there was none."""
        with self._lock:
            if tenant not in self._placements:
                self._placements[tenant] = Placement(self._facts.dim, self._facts.shares)
            return self._placements[tenant]

    def placements(self) -> dict[str, Placement]:
        """All of them by tenant."""
        with self._lock:
            return dict(self._placements)
