"""Streams over HTTP: whoever comes back gets what it missed, once; whoever does not read keeps nobody waiting."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from itertools import islice

import httpx
import pytest

from trivet_service.streams.log import prune
from trivet_service.testing import KeyRing, wait_until
from trivet_service.testing_streams import listening_to, read_frames

ENVIRONMENT = {
    "TRIVET_STREAM_POLL_S": "0.1",
    "TRIVET_STREAM_HEARTBEAT_S": "0.3",
}


def marks_of(frames) -> list:
    return [frame.json()["data"]["mark"] for frame in frames if frame.event == "note.made"]


def take(frames, count: int) -> list:
    """The next frames that are events."""
    return list(islice((frame for frame in frames if frame.event), count))


def follow_through_kills(served, words, environment, put, *, kills: int) -> None:
    """Check what a reader gets of events that never stop, over servers that are killed as it reads."""
    got: list[int] = []
    last_id, written, is_over = "0", 0, threading.Event()

    def write() -> None:
        nonlocal written
        while not is_over.wait(0.02):
            put(written)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(kills):
            with served(*words, environment=environment) as server:
                enough = len(got) + 20
                try:
                    with listening_to(server.address, last_id=last_id) as frames:
                        for frame in frames:
                            last_id = frame.id or last_id
                            got += marks_of([frame])
                            if len(got) == enough:
                                os.kill(server.pid, signal.SIGKILL)
                except httpx.TransportError:
                    pass
    finally:
        is_over.set()
        writer.join()
    with served(*words, environment=environment) as server, listening_to(server.address, last_id=last_id) as frames:
        while len(got) < written:
            got += marks_of(take(frames, 1))
    assert got == list(range(written))


def test_through_kill_and_restart_a_reader_that_comes_back_gets_every_event_once(served, words, environment, put):
    follow_through_kills(served, words, environment, put, kills=2)


@pytest.mark.slow
def test_through_twenty_kills_a_reader_gets_every_event_once(served, words, environment, put):
    follow_through_kills(served, words, environment, put, kills=20)


def test_what_happens_is_told_at_once_and_silence_is_told_too(served, words, environment, put):
    put("before")
    with served(*words, environment=environment) as server:
        with listening_to(server.address) as frames:
            opening = next(frames)
            assert (opening.retry, int(opening.id)) == ("2000", 1), "it begins with what happens from now on"
            put("now")
            [frame] = take(frames, 1)
            body = frame.json()
            assert (frame.event, frame.id, body["data"]["mark"]) == ("note.made", "2", "now")
            assert (body["type"], body["topic"], body["sequence"]) == ("note.made", "notes", 2)
            silent = time.monotonic()
            beat = next(frames)
            assert (beat.comment, beat.id, beat.event) == ("heartbeat", None, "")
            assert 0.2 < time.monotonic() - silent < 2
        with listening_to(server.address, after=0) as frames:
            assert marks_of(take(frames, 2)) == ["before", "now"]
        with listening_to(server.address, after=0, last_id="1") as frames:
            assert marks_of(take(frames, 1)) == ["now"], "a reader that comes back asks as it did at first"
        metrics = httpx.get(f"{server.address}/metrics").text
        assert "trivet_outbox_lag_seconds 0.0" in metrics
        slow = 'http_request_duration_seconds_bucket{le="0.25",method="GET",route="/v1/stream"} '
        assert int(float(metrics.partition(slow)[2].partition("\n")[0])) >= 2, "its time is that until it begins"


def test_a_reader_of_one_topic_moves_past_the_others(served, words, environment, put):
    put("one", topic="jobs")
    put("two", topic="notes")
    with served(*words, environment=environment) as server:
        with listening_to(server.address, topic=["jobs"], after=0) as frames:
            assert marks_of(take(frames, 1)) == ["one"]
            beat = next(frame for frame in frames if frame.comment == "heartbeat")
            assert beat.id == "2"
        for asked in ({"after": "-1"}, {"after": "1e3"}, {"topic": "No Topic"}, {"after": "9" * 30}):
            answer = httpx.get(f"{server.address}/v1/stream", params=asked)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), asked
        answer = httpx.get(f"{server.address}/v1/stream", headers={"Last-Event-ID": "nonsense"})
        assert answer.json()["errors"][0]["detail"].startswith("header parameter last-event-id")


def test_a_reader_is_told_of_what_is_gone_and_of_what_never_was(served, words, environment, put, database):
    put("one", "two", "three")
    with served(*words, environment=environment) as server:
        with listening_to(server.address, after=0) as frames:
            take(frames, 3)
        moment = time.time()
        put("four")
        database.everyone().write(lambda rows: prune(rows, before=moment))
        with listening_to(server.address, last_id="1") as frames:
            gap, four = take(frames, 2)
            assert (gap.event, gap.id, gap.json()["lost"]) == ("gap", "3", 2)
            assert marks_of([four]) == ["four"]
        with listening_to(server.address, last_id="700") as frames:
            [reset] = take(frames, 1)
            assert (reset.event, reset.id, reset.json()["asked"]) == ("gap", "4", 700)
            put("five")
            assert marks_of(take(frames, 1)) == ["five"]


def connect(address: str, path: str) -> socket.socket:
    """A connection that has asked for a stream and takes little at a time."""
    host, _, port = address.removeprefix("http://").partition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    connection.settimeout(20)
    return connection


def read_all(connection: socket.socket) -> bytes:
    found = b""
    while piece := connection.recv(65_536):
        found += piece
    return found


def unchunk(answer: bytes) -> str:
    _, _, rest = answer.partition(b"\r\n\r\n")
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if int(size, 16) == 0:
            assert rest == b"\r\n", "the answer ends as it should"
            return body.decode()
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    raise AssertionError("the answer breaks off")


def metric(address: str, name: str) -> float:
    text = httpx.get(f"{address}/metrics").text
    return float(text.partition(f"\n{name} ")[2].partition("\n")[0] or 0)


def test_a_reader_who_takes_nothing_is_cut_off_cleanly_and_can_come_back(served, words, environment, put):
    total = 300
    put(*range(total), size=30_000)
    with served(*words, environment=environment | {"TRIVET_STREAM_STALL_S": "1"}) as server:
        with connect(server.address, "/v1/stream?after=0") as idle, connect(server.address, "/v1/stream?after=0"):
            wait_until(lambda: metric(server.address, "trivet_streams_open") == 2)
            with listening_to(server.address, after=0) as frames:
                assert marks_of(take(frames, total)) == list(range(total)), "the others are not kept waiting"
            wait_until(lambda: metric(server.address, 'trivet_streams_ended_total{why="slow"}') == 2)
            assert metric(server.address, "trivet_streams_open") == 0
            frames = list(read_frames(unchunk(read_all(idle)).split("\n")))
            assert frames[-1].event == "slow"
            events = [frame for frame in frames if frame.event == "note.made"]
            assert 0 < len(events) < total
        with listening_to(server.address, last_id=events[-1].id) as frames:
            rest = take(frames, total - len(events))
        assert marks_of(events) + marks_of(rest) == list(range(total))


def test_who_never_reads_again_holds_nothing_after_a_while(served, words, environment, put):
    put(*range(200), size=30_000)
    with (
        served(*words, environment=environment | {"TRIVET_STREAM_STALL_S": "0.5"}) as server,
        connect(server.address, "/v1/stream?after=0") as idle,
    ):
        wait_until(lambda: metric(server.address, 'trivet_streams_ended_total{why="slow"}') == 1)
        time.sleep(0.7)
        assert not read_all(idle).endswith(b"0\r\n\r\n"), "what it did not take was thrown away"


def test_streams_end_when_the_server_is_told_to_stop(served, words, environment, put):
    put(*range(200), size=30_000)
    with (
        served(*words, environment=environment) as server,
        listening_to(server.address) as frames,
        connect(server.address, "/v1/stream?after=0"),
    ):
        next(frames)
        wait_until(lambda: metric(server.address, "trivet_streams_open") == 2)
        began = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        last = list(frames)[-1]
        assert last.comment.startswith("the server stops")
        assert time.monotonic() - began < 1
    assert time.monotonic() - began < 5, "nobody waits for a reader who takes nothing"


def test_each_key_sees_its_tenant_alone_for_as_long_as_it_opens_anything(served, legs, environment, put, database_url):
    ring = KeyRing(database_url)
    first, first_key = ring.create(tenant="a", scopes=["read"])
    _, second_key = ring.create(tenant="b", scopes=["read"])
    _, writing_key = ring.create(tenant="a", scopes=["write"])
    put("of a", tenant="a")
    put("of b", tenant="b")
    with served("finance", "--model", f"finance={legs['finance']}", environment=environment) as server:
        with (
            listening_to(server.address, key=first_key, after=0) as one,
            listening_to(server.address, key=second_key, after=0) as other,
        ):
            assert marks_of(take(one, 1)) == ["of a"]
            assert marks_of(take(other, 1)) == ["of b"]
            put("of b again", tenant="b")
            assert marks_of(take(other, 1)) == ["of b again"]
            ring.revoke(first)
            frames = list(one)
            assert frames[-1].comment == "the key no longer opens this"
            assert "of b" not in str(frames)
        for key, status in [(writing_key, 403), ("", 401), (first_key, 401)]:
            headers = {"X-API-Key": key} if key else {}
            assert httpx.get(f"{server.address}/v1/stream", headers=headers).status_code == status


def test_only_so_many_streams_are_open_at_once(served, legs, environment, database_url):
    ring = KeyRing(database_url)
    _, first = ring.create(name="one")
    _, second = ring.create(name="other")
    _, third = ring.create(name="third")
    limits = {"TRIVET_MAX_STREAMS": "3", "TRIVET_MAX_STREAMS_OF_KEY": "2"}
    with served("finance", "--model", f"finance={legs['finance']}", environment=environment | limits) as server:

        def refused(key: str) -> str:
            answer = httpx.get(f"{server.address}/v1/stream", headers={"X-API-Key": key})
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
            assert answer.headers["retry-after"] == "5"
            return answer.json()["detail"]

        with listening_to(server.address, key=first), listening_to(server.address, key=first):
            wait_until(lambda: metric(server.address, "trivet_streams_open") == 2)
            assert refused(first) == "this key has 2 streams open."
            with listening_to(server.address, key=second):
                wait_until(lambda: metric(server.address, "trivet_streams_open") == 3)
                assert refused(third) == "3 streams are open."
        wait_until(lambda: metric(server.address, "trivet_streams_open") == 0)
        with listening_to(server.address, key=third) as frames:
            next(frames)
