"""What Prometheus reads at /metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from trivet.runtime.batcher import Batcher
from trivet.runtime.histogram import HistogramState

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Methods that get a label of their own; a client may invent others without end.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The instruments of one app, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter(
            "http_requests_total", "Requests answered.", ("route", "method", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time to the answer.",
            ("route", "method"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "trivet_answers_total",
            "Texts answered.",
            ("service", "model", "version", "decision"),
            registry=self.registry,
        )
        self._truncated = Counter(
            "trivet_truncated_total",
            "Texts that were longer than the model reads.",
            ("service", "model"),
            registry=self.registry,
        )

    def count_request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """One answered request; `route` is the template, never the path."""
        method = method if method in _METHODS else "OTHER"
        self._requests.labels(route, method, status).inc()
        self._seconds.labels(route, method).observe(seconds)

    def count_answers(
        self, *, service: str, model: str, version: str, decisions: Mapping[str, int], truncated: int
    ) -> None:
        """Texts that a model answered, by decision."""
        for decision, count in decisions.items():
            self._answers.labels(service, model, version, decision).inc(count)
        if truncated:
            self._truncated.labels(service, model).inc(truncated)

    def watch(self, batchers: Callable[[], Iterable[Batcher]]) -> None:
        """Show the counters of batchers, read whenever somebody asks."""
        self.registry.register(_BatcherMetrics(batchers))

    def text(self) -> bytes:
        """Everything in the text format of Prometheus."""
        return generate_latest(self.registry)


class _BatcherMetrics(Collector):
    def __init__(self, batchers: Callable[[], Iterable[Batcher]]) -> None:
        self._batchers = batchers

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        length = GaugeMetricFamily("trivet_queue_length", "Requests that wait for the engine.", labels=("graph",))
        events = CounterMetricFamily("trivet_batcher_events", "What became of requests.", labels=("graph", "event"))
        tokens = _family("trivet_batch_tokens", "Padded tokens a batch.")
        waste = _family("trivet_batch_padding_waste", "Share of a batch that is padding.")
        queue = _family("trivet_queue_seconds", "Time in the queue.")
        engine = _family("trivet_engine_seconds", "Time in the engine, a batch.")
        for batcher in self._batchers():
            counters, name = batcher.counters(), batcher.name
            length.add_metric((name,), batcher.queue_length())
            for event in ("requests", "batches", "refused", "dropped", "failed", "shared"):
                events.add_metric((name, event), getattr(counters, event))
            _add(tokens, name, counters.batch_tokens)
            _add(waste, name, counters.padding_waste)
            _add(queue, name, counters.queue_ms, scale=0.001)
            _add(engine, name, counters.engine_ms, scale=0.001)
        yield from (length, events, tokens, waste, queue, engine)


def _family(name: str, help_text: str) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, help_text, labels=("graph",))


def _add(family: HistogramMetricFamily, name: str, state: HistogramState, *, scale: float = 1.0) -> None:
    bounds = [*(str(bound * scale) for bound in state.bounds), "+Inf"]
    family.add_metric((name,), list(zip(bounds, state.counts, strict=True)), sum_value=state.total * scale)
