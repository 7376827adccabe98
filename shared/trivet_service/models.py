"""The models that a process serves: artifacts by service, over graphs that they share."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from trivet.runtime.batcher import Batcher
from trivet_service.exchange import exchange_of
from trivet_service.handover import Handover
from trivet_service.happening import Happening
from trivet_service.loader import Loader
from trivet_service.model import Model
from trivet_service.refusal import Role
from trivet_service.settings import ServiceSettings
from trivet_service.sources import MARK, read_source
from trivet_service.surroundings import Preparation, Surroundings
from trivet_service.tenant_heads import TenantHeads

if TYPE_CHECKING:
    from fastapi import Request

__all__ = ["Model", "Models"]

# What happened before anybody listened is told to the first who does.
_REMEMBERED = 100
# A client that sends it gets the same version for the same key while a canary runs.
CANARY_KEY = "x-canary-key"


class Models:
    """Loads what the services ask for, follows the registry, and gives every request the model that answers it.

    A service that makes something ready for its models puts it into `preparations`, by its name.
    """

    def __init__(self, settings: ServiceSettings, references: Mapping[str, str]) -> None:
        self.settings = settings
        self.references = dict(references)
        self.preparations: dict[str, Preparation] = {}
        self._handovers: dict[str, Handover] = {}
        self._surroundings: Surroundings | None = None
        self._tenants: TenantHeads | None = None
        self._happened: deque[Happening] = deque(maxlen=_REMEMBERED)
        self._listen: Callable[[Happening], None] = self._happened.append
        self._changing = threading.Lock()

    def load(self) -> None:
        """Open the artifact of every service: a folder, or `name`, `name/3`, `name@live` of the registry; only once.

        Raises:
            RegistryError, ArtifactError: one is missing or damaged; names what to do.
        """
        if self._surroundings is not None:
            return
        self._surroundings = Surroundings(self.settings, Loader(self.settings), self._tell, self.preparations)
        self._tenants = TenantHeads(self._surroundings, self._handovers)
        for service, reference in self.references.items():
            handover = Handover(service, read_source(reference), self._surroundings)
            handover.start()
            self._handovers[service] = handover

    def of(self, service: str) -> Model:
        """The live model of a service; a request that answers takes its own by `take`."""
        traffic = self._handovers[service].traffic
        assert traffic is not None, "what has started has a model"
        return traffic.live

    def beside(self, companion: str) -> Model | None:
        """The live model that is served beside a service under a name of its own; None where there is none."""
        handover = self._handovers.get(companion)
        return None if handover is None or handover.traffic is None else handover.traffic.live

    async def take(self, service: str, request: Request, *, user: str = "") -> Model:
        """The model that answers a request, which takes it once and holds it to its end.

        It is the tenant's own where there is one, else the canary's where the key falls into its share, else the live
        one. The key is the header `X-Canary-Key`, else the tenant with the `user` where one is given, else the id of
        the request.
        """
        everybody, tenant = self._handovers[service], request.state.caller.tenant
        if self._tenants is not None and self._tenants.is_waited_for(service, tenant):
            await asyncio.to_thread(self._tenants.open, service, tenant)
        return self._choose(everybody, request, tenant=tenant, user=user)

    def take_in_thread(self, service: str, request: Request, *, user: str = "") -> Model:
        """As `take`, for a route that runs in a thread."""
        everybody, tenant = self._handovers[service], request.state.caller.tenant
        if self._tenants is not None and self._tenants.is_waited_for(service, tenant):
            self._tenants.open(service, tenant)
        return self._choose(everybody, request, tenant=tenant, user=user)

    def follow(self) -> None:
        """Do what the registry says by now: load, check, make ready, switch; a version that cannot is refused.

        Raises:
            StoppedError: the server ends.
        """
        with self._changing:
            for handover in self._handovers.values():
                handover.follow()
            if self._tenants is not None:
                self._tenants.follow()

    def refresh(self, handover: Handover) -> None:
        """As `follow`, for one name, and once more what was refused.

        Raises:
            StoppedError: the server ends.
        """
        with self._changing:
            handover.follow(again=True)

    def rehearse(self, handover: Handover, version: int, role: Role) -> Model:
        """See `Handover.rehearse`."""
        with self._changing:
            return handover.rehearse(version, role)

    def handovers(self) -> list[Handover]:
        """Those of the services, then those of tenants that are in memory."""
        tenants = [] if self._tenants is None else self._tenants.handovers()
        return [*self._handovers.values(), *tenants]

    def handover(self, place: str) -> Handover | None:
        """That of a service, or of `SERVICE--TENANT`, which is opened; None where there is none."""
        service, mark, tenant = place.partition(MARK)
        if not mark or self._tenants is None:
            return self._handovers.get(service)
        self._tenants.look()
        return self._tenants.of(service, tenant)

    def listen(self, listener: Callable[[Happening], None]) -> None:
        """Tell somebody what happens from now on, and what has happened so far."""
        self._listen = listener
        while self._happened:
            listener(self._happened.popleft())

    def __iter__(self) -> Iterator[Model]:
        """The live model of every service."""
        return iter([handover.traffic.live for handover in self._handovers.values() if handover.traffic is not None])

    def batchers(self) -> Sequence[Batcher]:
        """One a graph."""
        return () if self._surroundings is None else self._surroundings.loader.batchers()

    def close(self) -> None:
        """Answer what is queued, then let go of the artifacts."""
        if self._surroundings is None:
            return
        self._surroundings.ends.set()
        with self._changing:
            for handover in self._handovers.values():
                handover.close()
            if self._tenants is not None:
                self._tenants.close()
            self._surroundings.loader.close()
            self._handovers.clear()

    def _choose(self, everybody: Handover, request: Request, *, tenant: str, user: str) -> Model:
        own = None if self._tenants is None else self._tenants.find(everybody.service, tenant)
        if own is not None:
            return own
        exchange, traffic = exchange_of(request.scope), everybody.traffic
        assert traffic is not None, "what has started has a model"
        key = request.headers.get(CANARY_KEY) or (user and f"{tenant}/{user}") or exchange.request_id
        return traffic.choose(key, exchange)

    def _tell(self, happening: Happening) -> None:
        self._listen(happening)
