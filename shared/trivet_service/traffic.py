"""Which models answer for a name at the moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trivet_service.exchange import Exchange
from trivet_service.model import Model
from trivet_service.shadow import Shadow

if TYPE_CHECKING:
    from trivet_service.canary import Canary


@dataclass(frozen=True)
class Traffic:
    """The live model, the one that takes a share of its requests, and the one that answers after it.

    Never changed, only replaced: a request chooses from one of these, and answers with what it chose to its end.
    """

    live: Model
    canary: Model | None = None
    choice: Canary | None = None
    shadow: Shadow | None = None

    def choose(self, key: str, exchange: Exchange) -> Model:
        """The model that answers a request of this key."""
        if self.canary is not None and self.choice is not None and self.choice.takes(key):
            return self.canary
        if self.shadow is None:
            return self.live
        offer = self.shadow.offer
        return replace(self.live, hear=lambda texts, answers: exchange.at_end(lambda: offer(texts, answers)))
