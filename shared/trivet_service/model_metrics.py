"""What Prometheus reads of the models that are served."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from trivet_service.handover import Handover
from trivet_service.model import Model
from trivet_service.models import Models


class ModelMetrics(Collector):
    """Reads the state whenever somebody asks, so that no series is left of a version that is gone.

    Tenants are counted, not named: a series each would be without end.
    """

    def __init__(self, models: Models) -> None:
        self._models = models

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        handovers = self._models.handovers()
        services = [handover for handover in handovers if not handover.tenant]
        yield from _served(services)
        yield _refused(services)
        yield _swaps(services)
        yield _shadows(services)
        tenants = GaugeMetricFamily("trivet_tenant_models", "Tenants with a model of their own.", labels=("state",))
        own = [handover for handover in handovers if handover.tenant]
        answering = sum(handover.traffic is not None for handover in own)
        tenants.add_metric(("answering",), answering)
        tenants.add_metric(("refused",), sum(bool(handover.refusals) for handover in own))
        yield tenants


def _served(services: Iterable[Handover]) -> Iterator[Metric]:
    labels = ("service", "model", "version", "precision", "degraded", "role")
    info = GaugeMetricFamily("trivet_model_info", "Models that are served.", labels=labels)
    shares = GaugeMetricFamily(
        "trivet_model_share", "Share of the requests that a version answers.", labels=("service", "version")
    )

    def add(model: Model, role: str) -> None:
        precision, degraded = model.artifact.graph.engine.precision, str(bool(model.artifact.degraded)).lower()
        info.add_metric((model.service, model.name, str(model.version), precision, degraded, role), 1.0)

    for handover in services:
        traffic = handover.traffic
        if traffic is None:
            continue
        share = traffic.choice.share if traffic.choice is not None else 0.0
        add(traffic.live, "live")
        shares.add_metric((handover.service, str(traffic.live.version)), 1.0 - share)
        if traffic.canary is not None:
            add(traffic.canary, "canary")
            shares.add_metric((handover.service, str(traffic.canary.version)), share)
        if traffic.shadow is not None:
            add(traffic.shadow.model, "shadow")
    yield from (info, shares)


def _refused(services: Iterable[Handover]) -> Metric:
    labels = ("service", "model", "version", "role")
    family = GaugeMetricFamily("trivet_model_refused", "Versions that were wanted and refused.", labels=labels)
    for handover in services:
        for one in handover.refused():
            family.add_metric((handover.service, handover.source.name, str(one.wanted.version), one.role), 1.0)
    return family


def _swaps(services: Iterable[Handover]) -> Metric:
    family = CounterMetricFamily("trivet_handovers", "What became of versions.", labels=("service", "outcome"))
    for handover in services:
        for outcome in ("swapped", "refused", "ended", "trouble"):
            family.add_metric((handover.service, outcome), handover.outcomes[outcome])
    return family


def _shadows(services: Iterable[Handover]) -> Metric:
    labels = ("service", "version", "outcome")
    family = CounterMetricFamily("trivet_shadow", "Texts that a shadow answered as well.", labels=labels)
    for handover in services:
        if handover.traffic is not None and handover.traffic.shadow is not None:
            compared = handover.traffic.shadow.compare()
            for outcome in ("agrees", "differs", "dropped", "failed"):
                values = (handover.service, str(compared.version), outcome)
                family.add_metric(values, compared.counts.get(outcome, 0))
    return family
