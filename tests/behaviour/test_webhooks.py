"""Webhooks over HTTP: what happens is sent, signed, to who asked for it, until he has it or it is given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from trivet_service.testing import KeyRing, wait_until
from trivet_service.testing_streams import listening_to

ENVIRONMENT = {
    "TRIVET_OUTGOING_ALLOW": "127.0.0.1",
    "TRIVET_STREAM_POLL_S": "0.05",
    "TRIVET_WEBHOOK_RETRY_S": "0.2, 0.4",
    "TRIVET_WEBHOOK_TIMEOUT_S": "1",
}


@dataclass
class Receiver:
    """A server that answers by the path: `answers` are a status a path, or a list that is used up to its last one."""

    address: str = ""
    answers: dict[str, list[int]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    got: list[tuple[str, dict[str, str], bytes, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bodies(self, path: str) -> list[dict]:
        return [json.loads(body) for where, _, body, _ in self.got if where == path]

    def marks(self, path: str) -> list:
        return [body["data"]["mark"] for body in self.bodies(path)]

    def ids(self, path: str) -> list[str]:
        return [headers["webhook-id"] for where, headers, _, _ in self.got if where == path]

    def times(self, path: str) -> list[float]:
        return [moment for where, _, _, moment in self.got if where == path]


@pytest.fixture
def receiver():
    found = Receiver()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with found.lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                found.got.append((self.path, headers, body, time.monotonic()))
                planned = found.answers.setdefault(self.path, [200])
                status = planned.pop(0) if len(planned) > 1 else planned[0]
            time.sleep(found.delays.get(self.path, 0))
            self.send_response(status)
            for name, value in found.headers.get(self.path, {}).items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    found.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def make(address: str, url: str, **more) -> dict:
    answer = httpx.post(f"{address}/v1/webhooks", json={"url": url, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliveries(address: str, webhook: dict, **params) -> list[dict]:
    found, cursor = [], ""
    while cursor is not None:
        asked = params | ({"cursor": cursor} if cursor else {})
        page = httpx.get(f"{address}/v1/webhooks/{webhook['id']}/deliveries", params=asked).raise_for_status().json()
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def verify(headers: dict[str, str], body: bytes, *secrets: str) -> None:
    """As the specification of Standard Webhooks tells receivers to; each secret has a signature."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = [
        "v1," + base64.b64encode(hmac.digest(base64.b64decode(secret[6:]), signed, hashlib.sha256)).decode()
        for secret in secrets
    ]
    assert headers["webhook-signature"].split(" ") == expected
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_what_happens_is_sent_signed_and_in_order_to_who_asked_for_it(
    served, words, environment, put, receiver, tmp_path
):
    with served(*words, environment=environment) as server:
        everything = make(server.address, f"{receiver.address}/all")
        jobs = make(server.address, f"{receiver.address}/jobs", topics=["jobs"])
        assert everything["secret"].startswith("whsec_")
        put(*range(20))
        put("job", topic="jobs")
        wait_until(lambda: len(receiver.got) == 22)
        assert receiver.marks("/all") == [*range(20), "job"]
        assert receiver.marks("/jobs") == ["job"]
        for path, headers, body, _ in receiver.got:
            verify(headers, body, everything["secret"] if path == "/all" else jobs["secret"])
            assert headers["content-type"] == "application/json"
        event = receiver.bodies("/jobs")[0]
        assert (event["type"], event["topic"], event["sequence"]) == ("note.made", "jobs", 21)
        wait_until(lambda: {one["status"] for one in deliveries(server.address, everything)} == {"delivered"})
        found = deliveries(server.address, everything, limit=8)
        assert [one["sequence"] for one in found] == list(range(21, 0, -1)), "the newest first"
        assert {one["id"] for one in found} == set(receiver.ids("/all"))
        metrics = httpx.get(f"{server.address}/metrics").text
        assert 'trivet_webhook_attempts_total{outcome="delivered"} 22.0' in metrics

        turned = httpx.post(f"{server.address}/v1/webhooks/{jobs['id']}:rotate", json={"hours": 1}).json()
        assert turned["secret"] != jobs["secret"]
        put("turned", topic="jobs")
        wait_until(lambda: len(receiver.bodies("/jobs")) == 2)
        path, headers, body, _ = next(one for one in receiver.got if b"turned" in one[2] and one[0] == "/jobs")
        verify(headers, body, turned["secret"], jobs["secret"])
        shown = httpx.get(f"{server.address}/v1/webhooks").text
    logs = "".join(log.read_text() for log in tmp_path.parent.glob("served*/log"))
    assert '"route": "/v1/webhooks"' in logs
    for text in (shown, logs):
        for secret in (everything["secret"], jobs["secret"], turned["secret"]):
            assert secret.removeprefix("whsec_")[:12] not in text
    assert receiver.address not in logs, "an address may be a secret too"


def test_who_fails_is_tried_again_then_given_up_and_may_be_sent_everything_anew(
    served, words, environment, put, receiver
):
    receiver.answers = {"/flaky": [500, 503, 200], "/broken": [500]}
    with served(*words, environment=environment) as server, listening_to(server.address, topic="webhooks") as frames:
        next(frames)
        flaky = make(server.address, f"{receiver.address}/flaky")
        broken = make(server.address, f"{receiver.address}/broken")
        put("x")
        wait_until(lambda: deliveries(server.address, flaky, status="delivered"))
        [delivery] = deliveries(server.address, flaky)
        assert (delivery["attempts"], delivery["response_status"], delivery["error"]) == (3, 200, None)
        assert len(set(receiver.ids("/flaky"))) == 1, "every attempt has the same id"
        waits = [later - earlier for earlier, later in zip(receiver.times("/flaky"), receiver.times("/flaky")[1:])]
        assert 0.15 < waits[0] < 1
        assert waits[1] > 0.3, "it waits longer every time"

        wait_until(lambda: deliveries(server.address, broken, status="dead"))
        [dead] = deliveries(server.address, broken)
        assert (dead["attempts"], dead["error"], dead["next_at"]) == (3, "the answer is 500", None)
        told = next(frame for frame in frames if frame.event == "delivery.dead").json()
        assert (told["subject"], told["data"]["delivery"]) == (broken["id"], dead["id"])
        time.sleep(0.5)
        assert len(receiver.ids("/broken")) == 3, "what is dead is left alone"
        assert len(receiver.got) == 6, "and its death is sent to no webhook"

        receiver.answers["/broken"] = [200]
        again = httpx.post(f"{server.address}/v1/webhooks/{broken['id']}/deliveries/{dead['id']}:redeliver").json()
        assert (again["status"], again["attempts"]) == ("waiting", 0)
        wait_until(lambda: deliveries(server.address, broken, status="delivered"))
        assert set(receiver.ids("/broken")) == {dead["id"]}
        all_again = httpx.post(f"{server.address}/v1/webhooks/{broken['id']}/deliveries:redeliver").json()
        assert all_again == {"redelivered": 0}


def test_one_that_hangs_redirects_or_is_gone_keeps_no_other_waiting(served, words, environment, put, receiver):
    receiver.answers = {"/redirect": [302], "/gone": [410], "/busy": [429, 200]}
    receiver.headers = {"/redirect": {"location": f"{receiver.address}/inside"}, "/busy": {"retry-after": "2"}}
    receiver.delays = {"/hang": 2.0}
    limits = {"TRIVET_WEBHOOK_THREADS": "2", "TRIVET_WEBHOOK_TIMEOUT_S": "0.5"}
    with served(*words, environment=environment | limits) as server:
        made = {
            name: make(server.address, f"{receiver.address}/{name}")
            for name in ("hang", "redirect", "gone", "busy", "good")
        }
        began = time.monotonic()
        put(*range(3))
        wait_until(lambda: len(receiver.marks("/good")) == 3)
        assert time.monotonic() - began < 5
        assert receiver.marks("/good") == [0, 1, 2]
        wait_until(lambda: len(deliveries(server.address, made["redirect"], status="dead")) == 3)
        assert not receiver.bodies("/inside"), "a redirect is not followed"
        [one, *_] = deliveries(server.address, made["redirect"])
        assert (one["response_status"], one["error"]) == (302, "the answer is a redirect, which is not followed")

        shown = httpx.get(f"{server.address}/v1/webhooks/{made['gone']['id']}").json()
        assert (shown["state"], len(receiver.bodies("/gone"))) == ("disabled", 1)
        assert "gone for good" in shown["disabled_why"]
        refused = httpx.post(f"{server.address}/v1/webhooks/{made['gone']['id']}/deliveries:redeliver")
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
        receiver.answers["/gone"] = [200]
        switched = httpx.patch(f"{server.address}/v1/webhooks/{made['gone']['id']}", json={"enabled": True}).json()
        assert (switched["state"], switched["disabled_why"]) == ("enabled", None)
        wait_until(lambda: receiver.marks("/gone") == [0, 1, 2])

        wait_until(lambda: len(deliveries(server.address, made["busy"], status="delivered")) == 3)
        first, second = receiver.times("/busy")[:2]
        assert second - first > 1.9, "it is left alone for as long as it asks for"

        wait_until(lambda: len(deliveries(server.address, made["hang"], status="dead")) == 3, seconds=40)
        assert {one["error"] for one in deliveries(server.address, made["hang"])} == {"no answer in time"}


def test_deliveries_survive_a_kill_and_are_sent_by_one_of_two_processes(served, words, environment, put, receiver):
    total = 60
    receiver.delays = {"/slow": 0.05}
    with served(*words, environment=environment) as server:
        webhook = make(server.address, f"{receiver.address}/slow")
        put(*range(total))
        wait_until(lambda: len(receiver.got) > 10)
        os.kill(server.pid, signal.SIGKILL)
    sent_before = len(receiver.got)
    assert sent_before < total
    with (
        served(*words, environment=environment) as one,
        served(*words, environment=environment | {"TRIVET_WEBHOOKS": "true"}),
    ):
        wait_until(lambda: len(deliveries(one.address, webhook, status="delivered")) == total, seconds=40)
    counted = Counter(receiver.marks("/slow"))
    assert set(counted) == set(range(total)), "none is lost"
    twice = [mark for mark, count in counted.items() if count > 1]
    assert len(twice) <= 1, "only what was on its way when the process died comes twice"
    assert len(set(receiver.ids("/slow"))) == total


def test_a_process_may_leave_the_sending_to_another(served, words, environment, put, receiver):
    with served(*words, environment=environment | {"TRIVET_WEBHOOKS": "false"}) as quiet:
        webhook = make(quiet.address, f"{receiver.address}/here")
        put("x")
        tested = httpx.post(f"{quiet.address}/v1/webhooks/{webhook['id']}:test").json()
        assert (tested["status"], tested["type"]) == ("delivered", "webhook.test")
        wait_until(lambda: deliveries(quiet.address, webhook, status="waiting"))
        assert [body["type"] for body in receiver.bodies("/here")] == ["webhook.test"]
        with served(*words, environment=environment):
            wait_until(lambda: len(receiver.bodies("/here")) == 2)


def test_what_cannot_be_a_webhook_is_refused(served, words, environment, receiver, tmp_path):
    with served(*words, environment=environment | {"TRIVET_MAX_WEBHOOKS": "1"}) as server:

        def refusal(url: str) -> str:
            answer = httpx.post(f"{server.address}/v1/webhooks", json={"url": url})
            assert (answer.status_code, answer.json()["code"]) == (422, "bad_webhook_url"), url
            [flaw] = answer.json()["errors"]
            assert flaw["pointer"] == "/url"
            return flaw["detail"]

        port = receiver.address.rpartition(":")[2]
        assert "user name" in refusal(f"http://me:secret@127.0.0.1:{port}/")
        assert "not a public address" in refusal("https://10.0.0.1/")
        assert "not a public address" in refusal("http://169.254.169.254/latest/meta-data")
        assert "not a public address" in refusal("https://[::1]/")
        assert "https://" in refusal("http://93.184.216.34/")
        assert "https://" in refusal("ftp://127.0.0.1/")
        assert "no URL" in refusal("https://127.0.0.1:99999/")
        assert "encode" in refusal("https://127.0.0.1/a b")
        assert "fragment" in refusal("http://127.0.0.1/#x")
        assert "https://" in refusal("http://no.such.host.invalid/")
        lost = make(server.address, "https://no.such.host.invalid/")
        tested = httpx.post(f"{server.address}/v1/webhooks/{lost['id']}:test").json()
        assert (tested["status"], tested["error"]) == ("dead", "the host has no address.")
        httpx.delete(f"{server.address}/v1/webhooks/{lost['id']}").raise_for_status()
        answer = httpx.post(f"{server.address}/v1/webhooks", json={"url": "http://127.0.0.1/", "topics": ["No!"]})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/topics/0")
        webhook = make(server.address, f"{receiver.address}/one")
        answer = httpx.post(f"{server.address}/v1/webhooks", json={"url": f"{receiver.address}/two"})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        unknown = httpx.get(f"{server.address}/v1/webhooks/{webhook['id']}/deliveries/msg_0")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
        gone = httpx.delete(f"{server.address}/v1/webhooks/{webhook['id']}").json()
        assert gone["id"] == webhook["id"]
        assert httpx.get(f"{server.address}/v1/webhooks/{webhook['id']}").status_code == 404
        assert httpx.post(f"{server.address}/v1/webhooks/{webhook['id']}:test").status_code == 404


def test_each_tenant_has_its_own_and_only_administrators_have_any(
    served, legs, environment, put, receiver, database_url, tmp_path
):
    ring = KeyRing(database_url)
    keys = {name: ring.create(tenant=name, scopes=["admin"])[1] for name in ("a", "b")}
    _, writing = ring.create(tenant="a", scopes=["read", "write", "train"])
    with served("finance", "--model", f"finance={legs['finance']}", environment=environment) as server:

        def call(verb: str, path: str, key: str, **more) -> httpx.Response:
            return httpx.request(verb, f"{server.address}/v1/webhooks{path}", headers={"X-API-Key": key}, **more)

        made = {
            name: call("POST", "", key, json={"url": f"{receiver.address}/{name}"}).json() for name, key in keys.items()
        }
        put("of a", tenant="a")
        put("of b", tenant="b")
        wait_until(lambda: len(receiver.got) == 2)
        assert (receiver.marks("/a"), receiver.marks("/b")) == (["of a"], ["of b"])
        assert [one["id"] for one in call("GET", "", keys["a"]).json()["items"]] == [made["a"]["id"]]
        theirs = f"/{made['b']['id']}"
        [delivery] = call("GET", f"{theirs}/deliveries", keys["b"]).json()["items"]
        for verb, path in [
            ("GET", theirs),
            ("PATCH", theirs),
            ("DELETE", theirs),
            ("POST", f"{theirs}:rotate"),
            ("POST", f"{theirs}:test"),
            ("GET", f"{theirs}/deliveries"),
            ("POST", f"{theirs}/deliveries:redeliver"),
            ("GET", f"{theirs}/deliveries/{delivery['id']}"),
            ("POST", f"{theirs}/deliveries/{delivery['id']}:redeliver"),
        ]:
            body = {"json": {"enabled": False} if verb == "PATCH" else {}} if verb in ("PATCH", "POST") else {}
            assert call(verb, path, keys["a"], **body).status_code == 404, (verb, path)
            assert call(verb, path, writing, **body).status_code == 403, (verb, path)
        assert call("GET", theirs, keys["b"]).json()["state"] == "enabled"
        assert len(receiver.got) == 2
