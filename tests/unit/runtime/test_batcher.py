"""Every caller gets the answer of its own text, soon, or is told at once that it cannot."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivet.errors import OverloadError
from trivet.runtime.batcher import Batcher
from trivet.runtime.tokens import Encoded

POISON = 666


class SumEngine:
    """Answers each row with the sum of its tokens; fails on any batch with a poisoned row; can be held shut."""

    kind, precision, outputs, dim = "sum", "fp32", ("embedding",), 2

    def __init__(self, *, seconds_a_token: float = 0.0) -> None:
        self.seconds_a_token = seconds_a_token
        self.shapes: list[tuple[int, int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def infer(self, ids, mask):
        self.gate.wait(10)
        self.shapes.append(ids.shape)
        time.sleep(self.seconds_a_token * ids.size)
        if (ids == POISON).any():
            raise ValueError("poison")
        sums = (ids * mask).sum(axis=1)
        return {"embedding": np.stack([sums, mask.sum(axis=1)], axis=1).astype(np.float32)}


def text(*ids: int) -> Encoded:
    return Encoded(ids=list(ids), tokens=len(ids), truncated=False)


def of_length(length: int, *, first: int = 1) -> Encoded:
    return text(first, *([1] * (length - 1)))


@pytest.fixture
def engine():
    return SumEngine()


@pytest.fixture
def batcher(engine):
    made = Batcher(engine, name="test")
    yield made
    engine.gate.set()
    made.close()


def submit_all(batcher: Batcher, texts: list[Encoded]) -> None:
    for one in texts:
        batcher.submit(one, deadline_s=0.3)


def hold(engine: SumEngine, batcher: Batcher, *, length: int = 3) -> Future:
    """Keep the engine busy with one text, so that the next ones wait in the queue."""
    engine.gate.clear()
    first = batcher.submit(of_length(length, first=99_999), deadline_s=30)
    wait_until(lambda: batcher.queue_length() == 0)
    return first


def wait_until(claim, *, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.001)


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.lists(st.integers(1, 500), min_size=1, max_size=60), min_size=1, max_size=80),
    deadlines=st.lists(st.floats(5, 60), min_size=80, max_size=80),
    cache_rows=st.sampled_from([0, 5]),
)
def test_every_request_gets_its_own_answer_whatever_the_order(texts, deadlines, cache_rows):
    batcher = Batcher(SumEngine(), cache_rows=cache_rows)
    futures = [batcher.submit(text(*ids), deadline_s=deadline) for ids, deadline in zip(texts, deadlines)]
    for ids, future in zip(texts, futures):
        assert future.result(10)["embedding"].tolist() == [sum(ids), len(ids)]
    batcher.close()


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.lists(st.integers(1, 500), min_size=1, max_size=40), min_size=1, max_size=60))
def test_nothing_is_lost_when_it_closes(texts):
    engine = SumEngine()
    batcher = Batcher(engine)
    engine.gate.clear()
    futures = [batcher.submit(text(*ids), deadline_s=60) for ids in texts]
    threading.Timer(0.005, engine.gate.set).start()
    batcher.close()
    assert all(future.done() for future in futures)
    assert [int(future.result()["embedding"][0]) for future in futures] == [sum(ids) for ids in texts]


def test_after_closing_requests_are_refused(engine):
    batcher = Batcher(engine)
    batcher.close()
    with pytest.raises(OverloadError, match="closing"):
        batcher.submit(text(1), deadline_s=1)


@settings(max_examples=25, deadline=None)
@given(bad=st.sets(st.integers(0, 15), min_size=1, max_size=4))
def test_a_poisoned_text_fails_alone(bad):
    engine = SumEngine()
    batcher = Batcher(engine)
    first = hold(engine, batcher)
    futures = [batcher.submit(text(POISON if row in bad else 1, row + 1000), deadline_s=60) for row in range(16)]
    engine.gate.set()
    first.result(5)
    for row, future in enumerate(futures):
        if row in bad:
            with pytest.raises(ValueError, match="poison"):
                future.result(5)
        else:
            assert future.result(5)["embedding"][0] == row + 1001
    batcher.close()
    assert batcher.counters().failed == len(bad)


def test_a_batch_holds_texts_of_about_one_length_within_rows_and_tokens(engine, batcher):
    hold(engine, batcher)
    lengths = [20] * 20 + [300] * 3 + [64] * 15 + [24] * 2
    futures = [batcher.submit(of_length(n, first=1000 + at), deadline_s=60) for at, n in enumerate(lengths)]
    engine.gate.set()
    for future in futures:
        future.result(5)
    shapes = engine.shapes[1:]
    assert all(rows <= 16 and rows * width <= 768 and width % 8 == 0 for rows, width in shapes)
    assert sum(rows for rows, _ in shapes) == len(lengths)
    assert (16, 24) in shapes, "twenties fill a batch"
    assert (2, 304) in shapes, "two long ones fill the tokens"
    assert (12, 64) in shapes, "twelve of 64 fill the tokens"


def test_a_text_above_the_token_budget_still_runs_alone(engine, batcher):
    assert batcher.submit(of_length(900), deadline_s=30).result(5)["embedding"][1] == 900


def test_it_never_waits_for_company(engine, batcher):
    started = time.monotonic()
    batcher.submit(text(1, 2), deadline_s=30).result(5)
    assert engine.shapes == [(1, 8)]
    assert time.monotonic() - started < 1.0


def test_the_nearest_deadline_goes_first():
    order: list[int] = []

    class Noting(SumEngine):
        def infer(self, ids, mask):
            found = super().infer(ids, mask)
            order.append(int(ids[0, 0]))
            return found

    engine = Noting()
    batcher = Batcher(engine, max_batch=1)
    hold(engine, batcher)
    futures = [batcher.submit(of_length(5, first=first), deadline_s=first) for first in (30, 10, 20)]
    engine.gate.set()
    for future in futures:
        future.result(5)
    batcher.close()
    # All may have passed the age guard on a slow machine; then they go in order of arrival.
    assert order[1:] in ([10, 20, 30], [30, 10, 20])


def test_a_predicted_wait_beyond_the_deadline_is_refused_at_once():
    batcher = Batcher(SumEngine(seconds_a_token=0.001))
    for length in (8, 16, 24, 32, 40):
        batcher.submit(of_length(length, first=length), deadline_s=60).result(5)
    started = time.monotonic()
    with pytest.raises(OverloadError) as caught:
        submit_all(batcher, [of_length(64, first=1000 + at) for at in range(200)])
    assert time.monotonic() - started < 0.25
    assert caught.value.retry_after > 0
    assert batcher.counters().refused == 1
    batcher.close()


def test_a_full_queue_refuses_but_a_single_large_text_may_enter():
    engine = SumEngine()
    batcher = Batcher(engine, queue_tokens=64)
    hold(engine, batcher)
    batcher.submit(of_length(100), deadline_s=60)
    with pytest.raises(OverloadError, match="full"):
        batcher.submit(of_length(8, first=2), deadline_s=60)
    assert batcher.queue_share() > 1.0
    engine.gate.set()
    batcher.close()


def test_a_cancelled_request_never_reaches_the_engine(engine, batcher):
    hold(engine, batcher)
    leaving = batcher.submit(of_length(40), deadline_s=60)
    staying = batcher.submit(of_length(4), deadline_s=60)
    assert leaving.cancel()
    engine.gate.set()
    staying.result(5)
    with pytest.raises(CancelledError):
        leaving.result(1)
    wait_until(lambda: batcher.counters().dropped == 1)
    assert all(width < 40 for _, width in engine.shapes)


def test_a_request_whose_deadline_passed_in_the_queue_is_refused(engine, batcher):
    hold(engine, batcher)
    late = batcher.submit(of_length(4), deadline_s=0.01)
    time.sleep(0.03)
    engine.gate.set()
    with pytest.raises(OverloadError, match="deadline"):
        late.result(5)


def test_equal_texts_in_flight_are_computed_once(engine, batcher):
    hold(engine, batcher)
    futures = [batcher.submit(text(5, 6, 7), deadline_s=60) for _ in range(10)]
    futures[0].cancel()
    engine.gate.set()
    assert {int(future.result(5)["embedding"][0]) for future in futures[1:]} == {18}
    assert sum(rows for rows, _ in engine.shapes) == 2
    assert batcher.counters().shared == 9


def test_the_cache_answers_again_without_the_engine_and_stays_bounded(engine):
    batcher = Batcher(engine, cache_rows=2)
    for ids in ((1,), (2,), (1,), (3,), (1,), (2,)):
        assert batcher.submit(text(*ids), deadline_s=30).result(5)["embedding"][0] == ids[0]
    batcher.close()
    assert len(engine.shapes) == 4, "1, 2, 3, and 2 again, which 3 had pushed out"
    assert batcher.counters().shared == 2


def test_coroutines_get_their_answers_and_cancelling_one_drops_it(engine, batcher):
    async def run() -> list[float]:
        first = asyncio.ensure_future(batcher.async_submit(of_length(3), deadline_s=60))
        await asyncio.sleep(0.02)
        leaving = asyncio.ensure_future(batcher.async_submit(of_length(30), deadline_s=60))
        others = [asyncio.ensure_future(batcher.async_submit(text(n, n), deadline_s=60)) for n in range(1, 40)]
        await asyncio.sleep(0.02)
        leaving.cancel()
        engine.gate.set()
        found = await asyncio.gather(*others)
        await first
        return [float(rows["embedding"][0]) for rows in found]

    engine.gate.clear()
    assert asyncio.run(run()) == [2.0 * n for n in range(1, 40)]
    assert batcher.counters().dropped == 1


def test_many_at_once_come_back_in_order_with_what_failed_in_its_place(engine, batcher):
    texts = [text(*([1] * (1 + at % 50)), at + 1000) for at in range(150)]
    texts[70] = text(POISON, 1)
    outcomes = asyncio.run(batcher.async_submit_many(texts, deadline_s=60))
    assert isinstance(outcomes[70], ValueError)
    for at, outcome in enumerate(outcomes):
        if at != 70:
            assert outcome["embedding"][0] == 1 + at % 50 + at + 1000


def test_many_at_once_are_refused_together_under_overload():
    batcher = Batcher(SumEngine(seconds_a_token=0.001))
    for length in (8, 16, 24):
        batcher.submit(of_length(length, first=length), deadline_s=60).result(5)
    with pytest.raises(OverloadError):
        asyncio.run(batcher.async_submit_many([of_length(32, first=500 + at) for at in range(100)], deadline_s=0.2))
    batcher.close()


def test_the_counters_tell_tokens_waste_and_times(engine, batcher):
    batcher.submit(of_length(6), deadline_s=30).result(5)
    wait_until(lambda: batcher.counters().batches == 1)
    counters = batcher.counters()
    assert (counters.requests, counters.batch_tokens.count, counters.batch_tokens.total) == (1, 1, 8.0)
    assert counters.padding_waste.total == pytest.approx(0.25)
    assert counters.queue_ms.count == counters.engine_ms.count == 1
    assert counters.batch_tokens.counts[0] == 1, (
        "8 tokens fall into the first bucket, and every later one counts them too"
    )
