"""The chain of artifacts that a version descends from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from trivet.artifact.card import Card, Descent
from trivet.errors import ArtifactError
from trivet.registry.registry import Registry


@dataclass(frozen=True)
class Ancestor:
    """A link of the chain; `descent` says how the one before it came from it, empty for the first.

    `reference` is empty for one that the registry does not hold (any more), and `card` None where it cannot be read.
    """

    identity: str
    reference: str
    descent: Descent
    card: Card | None

    def line(self) -> str:
        """For a person: what it was made of, by which code; or that it is missing."""
        name = self.reference or "not in this registry"
        head = f"{name:<20} {self.identity[:12]}"
        if self.card is None:
            return f"{head}  its card is gone; the chain ends here"
        card = self.card
        data = ", ".join(f"{table} {sha256[:12]}" for table, sha256 in card.data.sha256.items())
        code = f"trivet {card.trivet}" + (f" at {card.commit}" if card.commit else "")
        use = "any use" if card.licence_commercial else f"research only: {'; '.join(card.restrictions)}"
        return (
            f"{head}  {card.created:%Y-%m-%d %H:%M}  {card.data.name} ({data})  {card.encoder.name}"
            f" {card.encoder.sha256[:12]}  {code}  {use}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        card = None if self.card is None else self.card.model_dump(mode="json")
        return {"identity": self.identity, "reference": self.reference, "descent": self.descent, "card": card}


def trace_lineage(registry: Registry, reference: str) -> tuple[Ancestor, ...]:
    """A version and what it descends from, parent by parent; the last has no parent, or is missing.

    Raises:
        RegistryError: the registry does not hold the version.
        ArtifactError: its own card is damaged, or of a newer format.
    """
    name, version = registry.resolve(reference)
    place = f"{name}/{version}"
    chain = [Ancestor(registry.identity(name, version), place, "", registry.card(place))]
    places = {
        registry.identity(name, number): f"{name}/{number}"
        for name in registry.names()
        for number in registry.versions(name)
    }
    # A card names its parent by content, so no chain can come back to where it was.
    while (card := chain[-1].card) is not None and card.parent:
        found = places.get(card.parent, "")
        chain.append(Ancestor(card.parent, found, card.descent, _card(registry, found)))
    return tuple(chain)


def _card(registry: Registry, place: str) -> Card | None:
    """The card of an ancestor; a damaged one ends the chain as a missing one does."""
    try:
        return registry.card(place) if place else None
    except ArtifactError:
        return None
