"""Which texts share a batch, and in what order they leave the queue."""

from __future__ import annotations

import pytest

from trivet.runtime.request_queue import Request, RequestQueue, goes_with, padded_tokens
from trivet.runtime.tokens import Encoded


def request(length: int, *, arrived: float, deadline: float) -> Request:
    return Request(Encoded(ids=[1] * length, tokens=length, truncated=False), b"", arrived, deadline)


def queue_of(*requests: Request, max_batch: int = 1) -> RequestQueue:
    queue = RequestQueue(max_batch=max_batch, max_tokens=768)
    for one in requests:
        queue.add(one)
    return queue


def test_the_nearest_deadline_leaves_first_while_nobody_is_old():
    relaxed, urgent = request(5, arrived=0.0, deadline=9.0), request(5, arrived=0.001, deadline=1.0)
    assert queue_of(relaxed, urgent).take(0.005) == [urgent]


def test_whoever_waited_over_ten_milliseconds_leaves_first():
    relaxed, urgent = request(5, arrived=0.0, deadline=9.0), request(5, arrived=0.008, deadline=1.0)
    assert queue_of(relaxed, urgent).take(0.011) == [relaxed]


def test_its_tokens_follow_what_enters_and_leaves():
    queue = queue_of(request(5, arrived=0, deadline=1), request(30, arrived=0, deadline=2))
    assert queue.tokens == 8 + 32
    queue.take(0.0)
    assert (len(queue), queue.tokens) == (1, 32)
    assert queue.batches(extra=8) == 2


@pytest.mark.parametrize(
    ("length", "other", "expected"),
    [
        (10, 12, True),
        (9, 16, True),
        (16, 18, True),
        (16, 21, False),
        (24, 30, True),
        (24, 31, False),
        (31, 24, False),
        (33, 48, True),
        (100, 128, True),
        (128, 161, False),
    ],
)
def test_lengths_go_together_within_a_quarter_or_two_tokens_or_padded_alike(length, other, expected):
    assert goes_with(length, other) is expected


def test_a_batch_counts_its_padding():
    batch = [request(5, arrived=0, deadline=1), request(9, arrived=0, deadline=1)]
    assert padded_tokens(batch) == 32
    assert request(0, arrived=0, deadline=1).padded == 8
