"""Models that tenants have of their own: heads over graphs that are in memory for everybody, or with their own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress

from trivet_service.handover import Handover
from trivet_service.happening import Happening
from trivet_service.model import Model
from trivet_service.sources import MARK, Source
from trivet_service.surroundings import StoppedError, Surroundings


class TenantHeads:
    """Loads a tenant's own model when the tenant first asks, and keeps a number of them: the least recently used goes.

    Of those that bring a graph of their own, tens of megabytes each, a smaller number is kept.
    Where a tenant's own was refused, what answered before goes on: an earlier version of it, else everybody's model.
    """

    def __init__(self, surroundings: Surroundings, everybody: Mapping[str, Handover]) -> None:
        self._surroundings = surroundings
        self._everybody = everybody
        self.trouble = ""
        self._limit = surroundings.settings.tenant_models
        self._graphs = surroundings.settings.tenant_graphs
        self._kept: OrderedDict[tuple[str, str], Handover] = OrderedDict()
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._beside: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def find(self, service: str, tenant: str) -> Model | None:
        """A tenant's own model where it is in memory."""
        with self._lock:
            handover = self._kept.get((service, tenant))
            if handover is None or handover.traffic is None:
                return None
            self._kept.move_to_end((service, tenant))
            return handover.traffic.live

    def is_waited_for(self, service: str, tenant: str) -> bool:
        """Whether the tenant's own has to be opened before it can be found.

        One that a service has to make ready for first is opened by a thread: until then everybody's model answers.
        """
        place = (service, tenant)
        if place not in self._known or place in self._kept:
            return False
        if service not in self._surroundings.preparations:
            return True
        with self._lock:
            is_first = place not in self._beside
            self._beside.add(place)
        if is_first:
            threading.Thread(target=self._open_beside, args=place, name=f"tenant-{tenant}", daemon=True).start()
        return False

    def open(self, service: str, tenant: str) -> None:
        """Open a tenant's own model on the calling thread, unless another has meanwhile."""
        place = (service, tenant)
        with self._opening:
            if place in self._kept:
                return
            everybody = self._everybody[service]
            name = f"{everybody.source.name}{MARK}{tenant}"
            source = Source(f"{name}@live", name, "live")
            handover = Handover(service, source, self._surroundings, tenant=tenant, everybody=everybody)
            handover.follow()
            with self._lock:
                self._kept[place] = handover
                while len(self._kept) > self._limit:
                    self._kept.popitem(last=False)
                self._let_graphs_go()

    def look(self) -> None:
        """Learn which tenants have a model of their own."""
        if not self._limit:
            return
        try:
            self._known = frozenset(self._list())
            self.trouble = ""
        except Exception as error:
            # Whatever the file system of an address raises: who is known stays known.
            if not self.trouble:
                self._surroundings.tell(Happening("trouble", "", "", "live", detail=f"{type(error).__name__}: {error}"))
            self.trouble = type(error).__name__

    def follow(self) -> None:
        """Learn which tenants have a model of their own, and follow those that are in memory.

        Raises:
            StoppedError: the server ends.
        """
        self.look()
        with self._lock:
            kept = dict(self._kept)
        for place, handover in kept.items():
            if place not in self._known:
                self._drop(place)
                continue
            with self._opening:
                handover.follow()
                with self._lock:
                    self._let_graphs_go()

    def handovers(self) -> list[Handover]:
        """Those that were opened, the least recently used first."""
        with self._lock:
            return list(self._kept.values())

    def of(self, service: str, tenant: str) -> Handover | None:
        """A tenant's own, opened where there is one."""
        if (service, tenant) in self._known:
            self.open(service, tenant)
        with self._lock:
            return self._kept.get((service, tenant))

    def close(self) -> None:
        """Let go of every model."""
        with self._opening, self._lock:
            self._kept.clear()

    def _list(self) -> list[tuple[str, str]]:
        followed = [handover for handover in self._everybody.values() if handover.source.alias == "live"]
        if not followed:
            return []
        from trivet.registry.store import Store

        names = [name.partition(MARK) for name in Store(self._surroundings.settings.registry_address).folders()]
        return [
            (handover.service, tenant)
            for name, _, tenant in names
            for handover in followed
            if tenant and name == handover.source.name
        ]

    def _let_graphs_go(self) -> None:
        """Keep only so many of those that stand on a graph of their own, the least recently used goes first."""
        with_graph = [
            place
            for place, handover in self._kept.items()
            if handover.traffic is not None
            and handover.traffic.live.artifact.graph is not self._graph_of_everybody(place[0])
        ]
        for place in with_graph[: max(0, len(with_graph) - self._graphs)]:
            del self._kept[place]

    def _graph_of_everybody(self, service: str) -> object:
        traffic = self._everybody[service].traffic
        return None if traffic is None else traffic.live.artifact.graph

    def _open_beside(self, service: str, tenant: str) -> None:
        with suppress(StoppedError):
            self.open(service, tenant)
        with self._lock:
            self._beside.discard((service, tenant))

    def _drop(self, place: tuple[str, str]) -> None:
        with self._lock:
            self._kept.pop(place, None)
