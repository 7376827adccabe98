"""What happens to the others when a client leaves, an engine fails or a model is not quite itself."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from trivet_service.testing import wait_until

pytestmark = pytest.mark.alone


class Gated:
    """The engine behind a gate that a test can shut, or that takes its time; a text of a certain length breaks it."""

    def __init__(self, engine, *, poisoned_length: int = 0, seconds: float = 0.0) -> None:
        self.engine = engine
        self.seconds = seconds
        self.poisoned_length = poisoned_length
        self.gate = threading.Event()
        self.gate.set()
        self.rows = 0

    def __getattr__(self, name):
        return getattr(self.engine, name)

    def infer(self, ids, mask):
        self.gate.wait(20)
        time.sleep(self.seconds)
        if (mask.sum(axis=1) == self.poisoned_length).any():
            raise RuntimeError("the engine broke")
        self.rows += len(ids)
        return self.engine.infer(ids, mask)


@pytest.fixture
def client(serve):
    return serve("support")


@pytest.fixture
def batcher(client):
    found = client.context.models.of("support").batcher
    yield found
    found.engine.gate.set()


def send(client, text: str) -> socket.socket:
    body = json.dumps({"text": text}).encode()
    connection = socket.create_connection((client.base_url.host, client.base_url.port))
    connection.sendall(b"POST /v1/parse HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    return connection


def test_a_client_that_leaves_while_it_waits_costs_the_engine_nothing(client, batcher, capfd):
    engine = batcher.engine = Gated(batcher.engine)
    engine.gate.clear()
    with send(client, "my card"):
        wait_until(lambda: batcher.counters().requests == 1 and batcher.queue_length() == 0)
        leaving = send(client, "where is my card arrive late please now")
        wait_until(lambda: batcher.queue_length() == 1)
        leaving.close()
        time.sleep(0.1)
        engine.gate.set()
        wait_until(lambda: batcher.counters().dropped == 1)
    assert engine.rows == 1
    assert client.post("/v1/parse", json={"text": "my card"}).status_code == 200
    client.context.lines.close()
    assert '"status": 499' in capfd.readouterr().err


def test_a_text_that_breaks_the_engine_fails_alone(client, batcher):
    batcher.engine = Gated(batcher.engine, poisoned_length=7)
    texts = ["my card", "where is my card arrive", "pin lost", "the money transfer"]
    items = client.post("/v1/parse:batch", json={"texts": texts}).json()["items"]
    assert items[1] == {"code": "internal", "detail": "this text could not be answered"}
    assert ["intent" in item for item in items] == [True, False, True, True]
    answer = client.post("/v1/parse", json={"text": texts[1]})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "broke" not in answer.text


def test_a_model_that_serves_in_fp32_for_int8_is_ready_and_says_why(client):
    client.context.models.of("support").artifact.degraded = "golden text 3 is answered otherwise; fp32 is served"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"]["support.model"]["degraded"].startswith("golden text 3")


def test_a_wait_that_would_be_too_long_is_refused_at_once_and_told(serve):
    client = serve("support", deadline_s=1.5)
    batcher = client.context.models.of("support").batcher
    batcher.engine = Gated(batcher.engine, seconds=0.4)
    # The batcher learns how long a batch takes.
    for text in ("my card", "pin lost", "the money transfer", "my card late"):
        assert client.post("/v1/parse", json={"text": text}).status_code == 200
    # 80 different texts are at least five batches: two seconds.
    texts = [" ".join(["card"] * at + ["pin"] * other) for at in range(1, 11) for other in range(1, 9)]
    waiting = [send(client, text) for text in texts]
    wait_until(lambda: batcher.counters().refused > 0)
    started = time.monotonic()
    refused = client.post("/v1/parse", json={"text": "where is my card"})
    assert time.monotonic() - started < 0.4, "it is told before a batch has been run"
    assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
    assert "longer than the 1.50 s it may take" in refused.json()["detail"]
    assert 1 <= int(refused.headers["retry-after"]) <= 3
    found = [int(connection.recv(12)[9:]) for connection in waiting]
    assert set(found) == {200, 429}
    assert found.count(200) >= 2, "those who fit into the time are answered"
    for connection in waiting:
        connection.close()


def test_a_full_queue_is_not_ready_and_refuses(serve):
    client = serve("support", queue_tokens=1024)
    batcher = client.context.models.of("support").batcher
    engine = batcher.engine = Gated(batcher.engine)
    engine.gate.clear()
    with send(client, "my card"):
        wait_until(lambda: batcher.counters().requests == 1 and batcher.queue_length() == 0)
        # 32 different texts of 25 to 32 tokens: 1,024 tokens as the engine pads them.
        words = ("card", "late", "new", "today")
        waiting = [send(client, " ".join([word] * 20 + ["pin"] * at)) for word in words for at in range(3, 11)]
        wait_until(lambda: batcher.queue_length() == len(waiting))
        refused = client.post("/v1/parse", json={"text": "where is my card"})
        assert (refused.status_code, refused.json()["detail"]) == (429, "the queue is full.")
        assert int(refused.headers["retry-after"]) >= 1
        assert client.get("/readyz").status_code == 503
        engine.gate.set()
        for connection in waiting:
            assert connection.recv(20).startswith(b"HTTP/1.1 200")
            connection.close()
    assert client.get("/readyz").status_code == 200
