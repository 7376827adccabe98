"""Nothing waits for ever: not a route, not a body that trickles in, not the head of a request."""

from __future__ import annotations

import json
import socket
import time

import httpx
import pytest


@pytest.fixture
def connect(serve):
    """A connection of its own to a server over the notes."""
    opened = []

    def start(**changes) -> socket.socket:
        client = serve(**changes)
        connection = socket.create_connection((client.base_url.host, client.base_url.port), timeout=5)
        opened.append(connection)
        return connection

    yield start
    for connection in opened:
        connection.close()


def read_answer(connection: socket.socket) -> tuple[int, dict, dict]:
    """Status, headers and body of what comes until the server closes."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize("path", ["/v1/slow", "/v1/waiting"])
def test_a_route_that_takes_too_long_is_given_up_in_time(serve, path):
    client = serve(request_s=0.1)
    started = time.monotonic()
    answer = client.get(path)
    assert time.monotonic() - started < 0.45
    assert (answer.status_code, answer.json()["code"]) == (503, "timed_out")
    assert answer.headers["retry-after"] == "1"
    assert client.post("/v1/notes", json={"text": "a"}).status_code == 200


def test_what_a_route_that_is_given_up_waits_for_is_cancelled(serve):
    client = serve(request_s=0.1)
    client.get("/v1/waiting")
    assert client.get("/v1/cancelled").json() == {"count": 1}


def test_a_stream_has_no_deadline_once_it_has_begun(serve):
    assert serve(request_s=0.1).get("/v1/stream").text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_a_body_that_trickles_in_is_refused_and_its_connection_closed(connect):
    connection = connect(receive_s=0.3)
    connection.sendall(b"POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
    for _ in range(2):
        time.sleep(0.1)
        connection.sendall(b" ")
    status, headers, problem = read_answer(connection)
    assert (status, problem["code"], headers["connection"]) == (408, "too_slow", "close")
    assert headers["content-type"] == "application/problem+json"


def test_a_head_that_trickles_in_is_refused(connect):
    connection = connect(receive_s=0.3)
    connection.sendall(b"GET /livez HTTP/1.1\r\n")
    for letter in b"Host":
        time.sleep(0.05)
        connection.sendall(bytes([letter]))
    status, headers, problem = read_answer(connection)
    assert (status, problem["code"], headers["connection"]) == (408, "too_slow", "close")


def test_a_second_request_of_a_connection_is_timed_anew(connect):
    connection = connect(receive_s=1.2)
    for _ in range(3):
        time.sleep(0.5)
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        # Head and body may come apart.
        while not answer.endswith(b"}"):
            answer += connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200")
    connection.sendall(b"GET /livez HT")
    assert read_answer(connection)[0] == 408


def test_a_connection_that_says_nothing_is_closed_without_a_word(connect):
    started = time.monotonic()
    assert connect(receive_s=0.3).recv(100) == b""
    assert time.monotonic() - started < 3


def test_a_head_without_end_is_refused(connect):
    connection = connect()
    lines = b"".join(b"X-%d: %s\r\n" % (at, b"x" * 1000) for at in range(66))
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n" + lines)
    status, _, problem = read_answer(connection)
    assert (status, problem["code"]) == (431, "head_too_large")


def test_what_is_no_http_is_a_problem_too(connect):
    connection = connect()
    connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    status, headers, problem = read_answer(connection)
    assert (status, problem["code"]) == (400, "bad_request")
    assert headers["content-type"] == "application/problem+json"
    assert len(problem["request_id"]) == 32


def test_more_at_once_than_the_limit_are_refused_before_their_bodies_are_read(serve, connect):
    client = serve(max_in_flight=2)
    address = (client.base_url.host, client.base_url.port)
    waiting = [socket.create_connection(address) for _ in range(2)]
    for one in waiting:
        one.sendall(b"POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{")
    time.sleep(0.1)
    refused = client.post("/v1/notes", json={"text": "a"})
    assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
    assert int(refused.headers["retry-after"]) >= 1
    assert client.get("/livez").status_code == 200, "health is never refused"
    for one in waiting:
        one.sendall(b'"text": "a"}')
        assert one.recv(100).startswith(b"HTTP/1.1 200")
        one.close()
    assert client.post("/v1/notes", json={"text": "a"}).status_code == 200


def test_those_who_only_listen_keep_nobody_out(serve):
    client = serve(max_in_flight=1)
    with httpx.stream("GET", f"{client.base_url}/v1/stream") as listening:
        assert next(listening.iter_text()).startswith("data: 0")
        assert client.post("/v1/notes", json={"text": "a"}).status_code == 200
