"""An agent bot of Chatwoot: signed webhooks in, replies and hand-overs out, each once, whatever breaks on the way."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from trivet_service.testing import KeyRing, wait_until

SECRET, TOKEN = "p4ybSnX2u9FHkRtE", "v5hXJ6Ck1dzWqmDH"
ENVIRONMENT = {
    "TRIVET_OUTGOING_ALLOW": "127.0.0.1",
    "TRIVET_WEBHOOK_TIMEOUT_S": "1",
    "TRIVET_STREAM_POLL_S": "0.1",
    "TRIVET_CHATWOOT_RETRY_S": "0.1, 0.1, 0.1",
}
# The first means nothing to the tiny model, the second is a person's by a rule.
FOREIGN, KNOWN = "zzz qqq", "my lawyer says that my card is lost"
LAWYERS = {
    "name": "lawyers",
    "because": "Threats go to a person.",
    "when": {"words": ["lawyer"]},
    "then": {"do": "hand_over"},
}


class Chatwoot(ThreadingHTTPServer):
    """One account, as far as an agent bot sees it: what it is told it does, unless it is told to fail.

    `faults` are the statuses of its next answers, before anything is done; `holds` are kinds of requests that it does
    and then never answers; where `may_look` is false it treats the token as that of a bot.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.faults: list[int] = []
        self.holds: set[str] = set()
        self.held = threading.Event()
        self.may_look = True
        self.told: list[tuple[str, dict]] = []
        self.tokens: set[str] = set()
        self.conversations: dict[int, dict] = {}

    def conversation(self, number: int) -> dict:
        return self.conversations.setdefault(number, {"status": "pending", "messages": [], "opened": 0})

    def said(self, number: int, *, private: bool = False) -> list[str]:
        return [one["content"] for one in self.conversation(number)["messages"] if one["private"] == private]


class _Answering(BaseHTTPRequestHandler):
    server: Chatwoot

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        number, what = self.address()
        if not self.server.may_look:
            self.answer(401, {"error": "Access to this endpoint is not authorized for bots"})
            return
        conversation = self.server.conversation(number)
        self.answer(200, {"payload": conversation["messages"]} if what else {"status": conversation["status"]})

    def do_POST(self) -> None:
        number, what = self.address()
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.tokens.add(self.headers["api_access_token"])
        if self.server.faults:
            self.answer(self.server.faults.pop(0), {})
            return
        conversation = self.server.conversation(number)
        self.server.told.append((what, body))
        if what == "messages":
            conversation["messages"].append({**body, "id": 10_000 + len(self.server.told), "message_type": 1})
        elif what == "toggle_status":
            conversation["opened"] += conversation["status"] != body["status"]
            conversation["status"] = body["status"]
        if what in self.server.holds:
            self.server.held.set()
            time.sleep(30)
        self.answer(200, {})

    def address(self) -> tuple[int, str]:
        _, api, v1, accounts, account, conversations, number, *rest = self.path.split("/")
        assert (api, v1, accounts, account, conversations) == ("api", "v1", "accounts", "1", "conversations")
        return int(number), "".join(rest)

    def answer(self, status: int, told: dict) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def chatwoot():
    with Chatwoot() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def webhook(number: int, text: str = FOREIGN, *, conversation: int = 33, **changed) -> dict:
    """What Chatwoot sends to a bot for a message, as it documents it."""
    return {
        "event": "message_created",
        "id": number,
        "content": text,
        "created_at": "2026-11-24T15:00:00Z",
        "message_type": "incoming",
        "content_type": "text",
        "content_attributes": {},
        "source_id": None,
        "private": False,
        "sender": {"id": 5, "name": "Ann", "type": "contact"},
        "inbox": {"id": 3, "name": "Web"},
        "conversation": {
            "id": conversation,
            "status": "pending",
            "labels": ["vip"],
            "additional_attributes": {},
            "custom_attributes": {"plan": "gold"},
        },
        "account": {"id": 1, "name": "Acme"},
    } | changed


def send(address: str, payload: dict, *, delivery: str = "", path: str = "", secret: str = SECRET, age: int = 0):
    """Send a webhook as Chatwoot signs it."""
    body = json.dumps(payload).encode()
    stamp = str(int(time.time()) - age)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Chatwoot-Timestamp": stamp,
        "X-Chatwoot-Signature": f"sha256={digest}",
        "X-Chatwoot-Delivery": delivery or f"delivery-{payload['id']}",
    }
    path = path or "/integrations/chatwoot/webhook"
    return httpx.post(f"{address}{path}", content=body, headers=headers, timeout=10)


@pytest.fixture
def connect(served, legs, environment, database_url, chatwoot):
    """Start a server process over support that is the agent bot of `chatwoot`; `again`: on what is there."""
    _, key = KeyRing(database_url).create(scopes=["admin"], tenant="acme")

    @contextmanager
    def start(*, again: bool = False, **changed):
        asked = {"url": chatwoot.url, "account_id": 1, "access_token": TOKEN, "secret": SECRET}
        with served("support", "--model", f"support={legs['support']}", environment=environment | changed) as one:
            client = httpx.Client(base_url=one.address, headers={"X-API-Key": key}, timeout=30)
            if not again:
                assert client.put("/v1/integrations/chatwoot", json=asked).status_code == 200
                assert client.put("/v1/rules", json={"rules": [LAWYERS]}).status_code == 200
            client.pid = one.pid
            yield client

    return start


def stands(client: httpx.Client) -> dict:
    return client.get("/v1/integrations/chatwoot").json()


def test_a_webhook_that_comes_twice_is_answered_once(connect, chatwoot):
    with connect() as client:
        address = str(client.base_url)
        first = send(address, webhook(12))
        assert (first.status_code, first.json()["status"]) == (202, "accepted")
        assert first.elapsed.total_seconds() < 1
        assert send(address, webhook(12)).json()["status"] == "duplicate"
        assert send(address, webhook(12), delivery="another").json()["status"] == "duplicate"
        assert send(address, webhook(13, conversation=34), delivery="delivery-12").json()["status"] == "duplicate"
        choice = {
            "event": "message_updated",
            "message_type": "outgoing",
            "content_type": "input_select",
            "content_attributes": {"submitted_values": [{"title": "Yes", "value": FOREIGN}]},
        }
        path = "/integrations/chatwoot/acme/webhook"
        assert send(address, webhook(14, conversation=35, **choice), path=path).json()["status"] == "accepted"
        wait_until(lambda: stands(client)["waiting"] == 0)
        assert len(chatwoot.said(33)) == len(chatwoot.said(35)) == 1, "one reply each"
        assert chatwoot.said(34) == []
        [attributes] = [told for what, told in chatwoot.told if what == "custom_attributes"][:1]
        assert attributes["custom_attributes"].keys() >= {"plan", "trivet_intent", "trivet_confidence"}
        assert chatwoot.tokens == {TOKEN}


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.slow)])
def test_a_conversation_is_handed_over_once_through_kill_9_and_what_follows_is_a_persons(connect, chatwoot, kills):
    # Killed after Chatwoot has done what it was told, and before it could say so.
    steps = itertools.islice(itertools.cycle(("toggle_status", "messages", "custom_attributes")), kills)
    for round_, step in enumerate(steps):
        conversation, number = 100 + round_, 100 * (1 + round_)
        chatwoot.holds = {step}
        chatwoot.held.clear()
        with connect(again=round_ > 0) as client:
            for at in (number, number + 1):
                sent = send(str(client.base_url), webhook(at, KNOWN, conversation=conversation))
                assert sent.status_code == 202
            assert chatwoot.held.wait(10)
            os.kill(client.pid, signal.SIGKILL)
        chatwoot.holds = set()
        with connect(again=True) as client:
            wait_until(lambda: stands(client)["waiting"] == 0, seconds=20)
            late = send(str(client.base_url), webhook(number + 2, KNOWN, conversation=conversation))
            assert late.json() == {"status": "ignored", "why": "handed over"}, "it was sent before the hand-over"
        assert chatwoot.conversation(conversation)["opened"] == 1
        assert chatwoot.conversation(conversation)["status"] == "open"
        assert len(chatwoot.said(conversation)) == 1, "one reply: the second message came too late for the bot"
        [note] = chatwoot.said(conversation, private=True)
        assert "Threats go to a person." in note
    assert [what for what, _ in chatwoot.told].count("toggle_status") == kills


def test_what_chatwoot_refuses_is_said_again_in_order_and_given_up_at_last(connect, chatwoot):
    with connect() as client:
        address = str(client.base_url)
        for first, may_look in ((12, True), (112, False)):
            chatwoot.may_look = may_look
            chatwoot.faults = [500, 429, 503]
            for number in (first, first + 1):
                assert send(address, webhook(number, FOREIGN, conversation=first)).status_code == 202
            assert send(address, webhook(first + 2, KNOWN, conversation=first + 2)).status_code == 202
            wait_until(lambda: stands(client)["waiting"] == 0)
            said = chatwoot.said(first)
            assert len(said) == len(set(said)) == 2, "each message has its reply, once"
            assert chatwoot.conversation(first + 2)["opened"] == 1
        assert stands(client)["dead"] == 0
        chatwoot.faults = [500] * 4
        assert send(address, webhook(212, conversation=212)).status_code == 202
        wait_until(lambda: stands(client)["dead"] == 1)
        assert stands(client)["last_error"] == "the answer is 500"
        with client.stream("GET", "/v1/stream?topic=integrations&after=0") as told:
            lines = (line for line in told.iter_lines() if line.startswith("data:"))
            event = json.loads(next(lines).removeprefix("data:"))
        assert (event["type"], event["data"]["conversation"]) == ("chatwoot.dead", 212)
        assert FOREIGN not in json.dumps(event)
        assert send(address, webhook(213, conversation=212)).status_code == 202
        wait_until(lambda: chatwoot.said(212))


@pytest.fixture
def bot(serve, chatwoot):
    """A server in this process, which answers nothing: the queue can be looked at."""
    client = serve("support", webhooks=False, outgoing_allow="127.0.0.1", chatwoot_waiting=2)
    asked = {"url": chatwoot.url, "account_id": 1, "inbox_ids": [3], "access_token": TOKEN, "secret": SECRET}
    assert client.put("/v1/integrations/chatwoot", json=asked).status_code == 200
    return client


def test_what_nobody_has_signed_just_now_is_refused(bot):
    address = str(bot.base_url)
    for wrong in (
        send(address, webhook(12), secret="another-secret"),
        send(address, webhook(12), path="/integrations/chatwoot/other/webhook"),
        send(address, webhook(12) | {"account": {"id": 2}}),
        send(address, webhook(12) | {"account": None}),
        httpx.post(f"{address}/integrations/chatwoot/webhook", json=webhook(12)),
    ):
        assert (wrong.status_code, wrong.json()["code"]) == (401, "bad_signature")
    for age in (600, -600):
        old = send(address, webhook(12), age=age)
        assert (old.status_code, old.json()["code"]) == (401, "stale_signature")
    for body in (b"", b"{", b"[1]", b"[" * 100_000):
        assert httpx.post(f"{address}/integrations/chatwoot/webhook", content=body).status_code == 400
    assert stands(bot)["waiting"] == 0


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"message_type": "outgoing"}, "not of a customer"),
        ({"message_type": "template"}, "not of a customer"),
        ({"private": True}, "private"),
        ({"event": "conversation_resolved"}, "event"),
        ({"event": "message_updated"}, "event"),
        ({"inbox": {"id": 4}}, "inbox"),
        ({"conversation": {"id": 33, "status": "open"}}, "not pending"),
        ({"conversation": {"id": 33, "status": "resolved"}}, "not pending"),
        ({"conversation": None}, "not pending"),
        ({"id": "12"}, "no number"),
    ],
)
def test_what_is_not_the_bots_is_passed_over(bot, changed, why):
    assert send(str(bot.base_url), webhook(12) | changed).json() == {"status": "ignored", "why": why}
    assert stands(bot)["waiting"] == 0


def test_a_queue_that_is_full_says_so_and_takes_the_message_later(bot):
    address = str(bot.base_url)
    assert [send(address, webhook(number)).status_code for number in (12, 13, 14)] == [202, 202, 429]
    assert bot.delete("/v1/integrations/chatwoot").status_code == 204
    assert send(address, webhook(14)).status_code == 401
    assert bot.get("/v1/integrations/chatwoot").status_code == 404


def test_the_address_is_checked_and_secrets_are_shown_to_nobody(serve, bot, chatwoot):
    shown = bot.get("/v1/integrations/chatwoot")
    assert SECRET not in shown.text
    assert TOKEN not in shown.text
    assert shown.json()["webhook"] == "/integrations/chatwoot/default/webhook"
    asked = {"account_id": 1, "access_token": TOKEN, "secret": SECRET}
    for url in (
        "http://169.254.169.254",
        "https://10.0.0.1",
        "ftp://chatwoot.example.org",
        "https://me:it@example.org",
    ):
        refused = bot.put("/v1/integrations/chatwoot", json=asked | {"url": url})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/url"), url
    assert [one["action"] for one in bot.get("/v1/audit").json()["items"]][:1] == ["integration.changed"]


def test_without_the_database_a_webhook_is_put_off_and_not_lost(bot):
    bot.context.database.close()
    answer = send(str(bot.base_url), webhook(12))
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
