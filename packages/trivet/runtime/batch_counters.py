"""What a batcher has done, as numbers that only rise."""

from __future__ import annotations

from dataclasses import dataclass

from trivet.runtime.histogram import Histogram, HistogramState


@dataclass(frozen=True)
class BatcherCounters:
    """Totals so far. Times are in milliseconds; waste is the share of a batch's tokens that was padding."""

    requests: int
    batches: int
    refused: int
    dropped: int
    failed: int
    shared: int
    batch_tokens: HistogramState
    padding_waste: HistogramState
    queue_ms: HistogramState
    engine_ms: HistogramState


class BatchRecorder:
    """Counts for a batcher, which holds its lock while it changes them."""

    def __init__(self) -> None:
        self.requests = 0
        self.batches = 0
        self.refused = 0
        self.dropped = 0
        self.failed = 0
        self.shared = 0
        self.batch_tokens = Histogram((16, 32, 64, 128, 256, 384, 512, 768, 1024))
        self.padding_waste = Histogram((0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75))
        self.queue_ms = Histogram((1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000))
        self.engine_ms = Histogram((1, 2, 5, 10, 20, 50, 100, 200, 500, 1000))

    def read(self) -> BatcherCounters:
        """The totals at this moment."""
        return BatcherCounters(
            requests=self.requests,
            batches=self.batches,
            refused=self.refused,
            dropped=self.dropped,
            failed=self.failed,
            shared=self.shared,
            batch_tokens=self.batch_tokens.read(),
            padding_waste=self.padding_waste.read(),
            queue_ms=self.queue_ms.read(),
            engine_ms=self.engine_ms.read(),
        )
