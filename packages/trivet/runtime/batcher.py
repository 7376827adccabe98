"""Puts texts of many callers into one batch, without ever waiting for company."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NoReturn

import numpy as np

from trivet.errors import OverloadError
from trivet.runtime.batch_counters import BatcherCounters, BatchRecorder
from trivet.runtime.batch_time import BatchTime
from trivet.runtime.engine import Engine
from trivet.runtime.grid import round_length
from trivet.runtime.request_queue import Request, RequestQueue, padded_tokens
from trivet.runtime.row_cache import RowCache, Rows
from trivet.runtime.tokens import Encoded, pad
from trivet.runtime.waiter import LoopWaiter, Outcome, ThreadWaiter, Waiter, deliver

# The least that a refused caller is asked to stay away.
LEAST_RETRY_S = 0.1


class Batcher:
    """One engine thread behind a queue of tokenised texts.

    Takes the request with the nearest deadline (or one that waited 10 ms), adds queued requests of about its length up
    to `max_batch` rows and `max_tokens` padded tokens, and runs. A request is refused on arrival where the predicted
    wait exceeds its deadline or the queue holds `queue_tokens`. Equal texts in flight are computed once; the last
    `cache_rows` are kept.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        max_batch: int = 16,
        max_tokens: int = 768,
        queue_tokens: int = 65_536,
        cache_rows: int = 0,
        name: str = "",
    ) -> None:
        self.engine = engine
        self.queue_tokens = queue_tokens
        self.name = name
        self._queue = RequestQueue(max_batch=max_batch, max_tokens=max_tokens)
        self._time = BatchTime()
        self._cache = RowCache(limit=cache_rows)
        self._counts = BatchRecorder()
        self._in_flight: dict[bytes, Request] = {}
        self._busy_until = 0.0
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, name=f"engine-{name}", daemon=True)
        self._thread.start()

    def submit(self, encoded: Encoded, *, deadline_s: float) -> Future[Rows]:
        """A future of the text's output rows; cancel it to drop the request.

        Raises:
            OverloadError: it would wait longer than `deadline_s`, the queue is full or the batcher is closed.
        """
        future: Future[Rows] = Future()
        self._enqueue(encoded, waiter=ThreadWaiter(future), deadline_s=deadline_s)
        return future

    async def async_submit(self, encoded: Encoded, *, deadline_s: float) -> Rows:
        """The text's output rows; cancelling the coroutine drops the request. Raises as `submit`."""
        return await self._async_enqueue(encoded, deadline_s=deadline_s)

    async def async_submit_many(self, encoded: Sequence[Encoded], *, deadline_s: float) -> list[Outcome]:
        """Output rows of every text in order, or what went wrong with that text alone.

        They enter the queue two batches at a time, in order of length, so that single requests pass between them.

        Raises:
            OverloadError: as `submit`; then nothing is answered.
        """
        order = sorted(range(len(encoded)), key=lambda row: len(encoded[row].ids))
        last = time.monotonic() + deadline_s
        outcomes: dict[int, Outcome] = {}
        window = 2 * self._queue.max_batch
        for start in range(0, len(order), window):
            rows = order[start : start + window]
            futures = self._enqueue_window([encoded[row] for row in rows], deadline_s=last - time.monotonic())
            found = await asyncio.gather(*futures, return_exceptions=True)
            for row, outcome in zip(rows, found, strict=True):
                if isinstance(outcome, OverloadError) or not isinstance(outcome, (dict, Exception)):
                    raise outcome
                outcomes[row] = outcome
        return [outcomes[row] for row in range(len(encoded))]

    def queue_length(self) -> int:
        """How many requests wait for the engine."""
        with self._changed:
            return len(self._queue)

    def queue_share(self) -> float:
        """How full the queue is, 0 to 1."""
        with self._changed:
            return self._queue.tokens / self.queue_tokens

    def counters(self) -> BatcherCounters:
        """Everything counted so far."""
        with self._changed:
            return self._counts.read()

    def close(self) -> None:
        """Answer everything that is queued, then end the engine thread; later requests are refused."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def _async_enqueue(self, encoded: Encoded, *, deadline_s: float) -> asyncio.Future[Rows]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Rows] = loop.create_future()
        self._enqueue(encoded, waiter=LoopWaiter(future, loop), deadline_s=deadline_s)
        return future

    def _enqueue_window(self, window: Sequence[Encoded], *, deadline_s: float) -> list[asyncio.Future[Rows]]:
        futures: list[asyncio.Future[Rows]] = []
        for encoded in window:
            try:
                futures.append(self._async_enqueue(encoded, deadline_s=deadline_s))
            except OverloadError:
                for future in futures:
                    future.cancel()
                raise
        return futures

    def _enqueue(self, encoded: Encoded, *, waiter: Waiter, deadline_s: float) -> None:
        now = time.monotonic()
        key = np.asarray(encoded.ids, dtype=np.int64).tobytes()
        with self._changed:
            self._counts.requests += 1
            rows = self._cache.find(key)
            flying = self._in_flight.get(key)
            if flying is not None:
                self._counts.shared += 1
                flying.waiters.append(waiter)
                flying.deadline = min(flying.deadline, now + deadline_s)
                return
            if rows is None:
                self._admit(round_length(len(encoded.ids)), deadline_s=deadline_s)
                request = Request(encoded, key, now, now + deadline_s, [waiter])
                self._queue.add(request)
                self._in_flight[key] = request
                self._changed.notify()
                return
            self._counts.shared += 1
        deliver([(waiter, rows)])

    def _admit(self, tokens: int, *, deadline_s: float) -> None:
        if self._is_closed:
            self._refuse("the service is closing.", retry_after=1.0)
        wait = self._predict_wait(extra=tokens)
        if len(self._queue) and self._queue.tokens + tokens > self.queue_tokens:
            self._refuse("the queue is full.", retry_after=wait)
        if wait > deadline_s:
            what = f"an answer would take {wait:.2f} s, longer than the {deadline_s:.2f} s it may take."
            self._refuse(what, retry_after=wait - deadline_s)

    def _refuse(self, what: str, *, retry_after: float) -> NoReturn:
        self._counts.refused += 1
        raise OverloadError(what, retry_after=max(LEAST_RETRY_S, retry_after))

    def _predict_wait(self, *, extra: int = 0) -> float:
        """Seconds until the running batch, the queue and one more request of `extra` tokens are answered."""
        running = max(0.0, self._busy_until - time.monotonic())
        return running + self._time.predict(tokens=self._queue.tokens + extra, batches=self._queue.batches(extra=extra))

    def _serve(self) -> None:
        while (batch := self._next_batch()) is not None:
            if batch:
                self._answer(batch)

    def _next_batch(self) -> list[Request] | None:
        """The requests to run next, none where all were dropped; None once the batcher is closed and empty."""
        with self._changed:
            while not len(self._queue):
                if self._is_closed:
                    return None
                self._changed.wait()
            now = time.monotonic()
            abandoned, late = self._queue.drop(now)
            batch = self._queue.take(now)
            for request in (*abandoned, *late):
                del self._in_flight[request.key]
            self._counts.dropped += len(abandoned)
            self._counts.refused += len(late)
            for request in batch:
                self._counts.queue_ms.observe(1000 * (now - request.arrived))
            retry_after = max(LEAST_RETRY_S, self._predict_wait())
            self._busy_until = now + self._time.predict(tokens=padded_tokens(batch), batches=1)
        if late:
            error = OverloadError("the deadline passed in the queue.", retry_after=retry_after)
            deliver([(waiter, error) for request in late for waiter in request.waiters])
        return batch

    def _answer(self, batch: list[Request]) -> None:
        started = time.monotonic()
        outcomes = self._infer(batch)
        self._record(batch, outcomes, seconds=time.monotonic() - started)
        deliver(
            [(waiter, outcome) for request, outcome in zip(batch, outcomes, strict=True) for waiter in request.waiters]
        )

    def _record(self, batch: list[Request], outcomes: list[Outcome], *, seconds: float) -> None:
        tokens = padded_tokens(batch)
        failed = sum(isinstance(outcome, Exception) for outcome in outcomes)
        with self._changed:
            self._busy_until = 0.0
            self._counts.batches += 1
            self._counts.failed += failed
            self._counts.batch_tokens.observe(tokens)
            self._counts.padding_waste.observe(1.0 - sum(request.length for request in batch) / tokens)
            self._counts.engine_ms.observe(1000 * seconds)
            if not failed:
                self._time.learn(tokens=tokens, seconds=seconds)
            for request, outcome in zip(batch, outcomes, strict=True):
                # From here on no waiter can join the request.
                del self._in_flight[request.key]
                if not isinstance(outcome, Exception):
                    self._cache.keep(request.key, outcome)

    def _infer(self, batch: list[Request]) -> list[Outcome]:
        """One outcome a request; a batch that fails is halved until only what is bad fails."""
        try:
            return self._run(batch)
        except Exception as error:
            if len(batch) == 1:
                return [error]
        half = len(batch) // 2
        return self._infer(batch[:half]) + self._infer(batch[half:])

    def _run(self, batch: list[Request]) -> list[Outcome]:
        ids, mask = pad([request.encoded for request in batch])
        outputs = self.engine.infer(ids, mask)
        return [{name: rows[row].copy() for name, rows in outputs.items()} for row in range(len(batch))]
