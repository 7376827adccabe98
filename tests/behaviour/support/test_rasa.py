"""A Rasa bot whose `endpoints.yml` names us under `nlu`: its client as it is, against `trivet serve`."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from trivet_service.testing import KeyRing, wait_until

MESSAGE = "card still not here"


class Interpreter:
    """Sends what RasaNLUHttpInterpreter of Rasa sends, from its source (rasa/core/http_interpreter.py at 0506f3c).

    The path is appended to the url of `endpoints.yml` with one slash between; the body is JSON with `token`, `text` and
    `message_id`, which is the sender; headers are those of aiohttp, and so is the time-out of five minutes; whatever is
    not 200 is no answer.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url + "model/parse" if url.endswith("/") else url + "/model/parse"
        self.token = token

    def parse(self, text: str, sender: str | None = None) -> dict | None:
        status, told = self.send({"token": self.token, "text": text, "message_id": sender})
        return told if status == 200 else None

    def send(self, body: dict) -> tuple[int, dict]:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=300)
        headers = {
            "Accept": "*/*",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": "Python/3.10 aiohttp/3.9.5",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", parts.path, json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture
def server(served, legs, environment):
    """The address of a server process over support, as a bot of Rasa's would be given it."""

    @contextmanager
    def start(*words: str, **changed: str):
        words = ("support", *words, "--model", f"support={legs['support']}")
        with served(*words, environment=environment | changed) as one:
            yield one.address

    return start


def test_an_unchanged_bot_is_answered_with_its_token_in_the_body(server, database_url):
    ring = KeyRing(database_url)
    _, key = ring.create(tenant="acme")
    _, reader = ring.create(tenant="acme", scopes=["train"])
    ring.create(tenant="other")
    with server("--rasa", TRIVET_RASA_HISTORY="true") as address:
        for url in (address, f"{address}/", f"{address}/compat/rasa", f"{address}/compat/rasa/acme/"):
            told = Interpreter(url, key).parse(MESSAGE, "sender-17")
            assert told is not None, url
            assert set(told) == {"text", "intent", "entities", "intent_ranking"}
            assert told["text"] == MESSAGE
            assert told["intent"] == told["intent_ranking"][0]
            assert {frozenset(one) for one in told["intent_ranking"]} == {frozenset({"name", "confidence"})}
        assert Interpreter(f"{address}/compat/rasa/other", key).parse(MESSAGE) is None, "the key is another tenant's"
        sessions = httpx.get(f"{address}/v1/sessions/sender-17", headers={"X-API-Key": reader})
        assert sessions.status_code == 200, "the sender names the dialogue"
        for wrong in (None, "", "trivet_0_0", key[:-1] + "x", "no\nkey", "kä"):
            status, told = Interpreter(address, wrong).send({"token": wrong, "text": MESSAGE, "message_id": None})
            assert (status, told["status"], told["reason"], told["code"]) == (401, "failure", "NotAuthenticated", 401)
            assert set(told) == {"version", "status", "message", "reason", "details", "help", "code"}


@pytest.fixture
def rasa(serve):
    """A client of a server that asks for no keys, at Rasa's paths."""
    client = serve("support", rasa=True)
    client.base_url = str(client.base_url) + "/compat/rasa"
    return client


def test_the_token_may_stand_in_the_query_or_in_a_header(serve, keys):
    _, key = keys.create(scopes=["read"])
    _, writer = keys.create(scopes=["write"])
    client = serve("support", keys=True, rasa=True)
    body = {"text": MESSAGE}
    assert client.post("/model/parse", params={"token": key}, json=body).status_code == 200
    assert client.post("/model/parse", headers={"Authorization": f"Bearer {key}"}, json=body).status_code == 200
    assert client.get("/status", params={"token": key}).json()["num_active_training_jobs"] == 0
    assert client.get("/status").json()["reason"] == "NotAuthenticated"
    assert client.post("/model/parse", json=body | {"token": writer}).json()["reason"] == "NotAuthorized"
    for path in ("/", "/version", "/compat/rasa/", "/compat/rasa/version", "/compat/rasa/acme/version"):
        assert client.get(path).status_code == 200, f"{path} asks for no key, as Rasa's does not"
    assert client.get("/").text.startswith("Hello from Rasa: 3.")
    assert client.get("/version").json().keys() == {"version", "minimum_compatible_version"}


def test_what_is_not_answered_is_a_fallback_before_the_true_ranking(rasa):
    told = rasa.post("/model/parse", json={"text": "zzz qqq", "message_id": "s"}).json()
    ours = rasa.post(f"{rasa.base_url.scheme}://{rasa.base_url.netloc.decode()}/v1/parse", json={"text": "zzz qqq"})
    ours = ours.json()
    assert ours["decision"] != "answer"
    first, *behind = told["intent_ranking"]
    assert told["intent"] == first == {"name": "nlu_fallback", "confidence": pytest.approx(1 - behind[0]["confidence"])}
    assert [one["name"] for one in behind] == [one["name"] for one in ours["ranking"]][: len(behind)]


def test_an_answer_has_no_fallback_before_it_and_nothing_is_remembered_unasked(rasa):
    told = rasa.post("/model/parse", json={"text": "where is my card delivery", "message_id": "sender-17"}).json()
    assert rasa.context.settings.rasa_history is False
    address = f"{rasa.base_url.scheme}://{rasa.base_url.netloc.decode()}"
    assert rasa.get(f"{address}/v1/sessions/sender-17").status_code == 404
    assert told["intent"]["name"] == "card_arrival"
    assert [one["name"] for one in told["intent_ranking"]].count("nlu_fallback") == 0


def test_the_payload_of_a_button_is_read_and_not_guessed(rasa):
    told = rasa.post("/model/parse", json={"text": '/transfer@0.9{"amount": [5, 7], "to": "Ann"}'}).json()
    assert told["intent"] == {"name": "transfer", "confidence": 0.9}
    assert told["intent_ranking"] == [told["intent"]]
    assert [(one["entity"], one["value"]) for one in told["entities"]] == [("amount", 5), ("amount", 7), ("to", "Ann")]
    assert rasa.post("/model/parse", json={"text": "/affirm"}).json()["intent"] == {"name": "affirm", "confidence": 1.0}
    deep = rasa.post("/model/parse", json={"text": '/affirm{"a":' + "[" * 20_000 + "}"})
    assert (deep.status_code, deep.json()["entities"]) == (200, [])
    spoken = rasa.post("/model/parse", json={"text": "/ my card delivery is late"}).json()
    assert spoken["intent"]["name"] != "my card delivery is late"


@pytest.mark.parametrize("text", ["", "   ", "\U0001f642"])
def test_a_message_without_a_word_has_no_intent(rasa, text):
    told = rasa.post("/model/parse", json={"text": text}).json()
    assert told["text"] == text
    assert told["intent"]["name"] in (None, "nlu_fallback")


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "BadRequest"),
        (b"{", 400, "BadRequest"),
        (b"[]", 400, "BadRequest"),
        (b'{"message_id": "s"}', 400, "BadRequest"),
        (b'{"text": 7}', 400, "BadRequest"),
        (b'{"text": "\xff"}', 400, "BadRequest"),
        (b'{"text":' + b"[" * 20_000, 400, "BadRequest"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_as_rasa_says_it(rasa, body, status, reason):
    answer = rasa.post("/model/parse", content=body, headers={"Content-Type": "application/json"})
    told = answer.json()
    assert (answer.status_code, told["code"], told["reason"], told["status"]) == (status, status, reason, "failure")
    assert rasa.get("/model/parse").json()["code"] == 405
    assert rasa.get("/nothing/like/it").json()["reason"] == "NotFound"


def test_more_bodies_at_once_than_the_limit_are_refused_before_anybody_shows_a_key(serve, keys):
    _, key = keys.create()
    client = serve("support", keys=True, rasa=True, max_in_flight=1)
    with socket.create_connection((client.base_url.host, client.base_url.port)) as waiting:
        waiting.sendall(b"POST /model/parse HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n{")
        refused = wait_until(
            lambda: (one := client.post("/model/parse", json={"text": MESSAGE})).status_code == 429 and one
        )
        assert refused.json()["status"] == "failure"
        assert int(refused.headers["retry-after"]) >= 1
    # Who waited has gone: there is room again.
    wait_until(lambda: client.post("/model/parse", json={"text": MESSAGE, "token": key}).status_code == 200)


def test_the_rest_channel_says_what_the_bot_says(rasa):
    assert rasa.get("/webhooks/rest/").json() == {"status": "ok"}
    asked = {"sender": "visitor-17", "message": "where is my card delivery"}
    [said] = rasa.post("/webhooks/rest/webhook", json=asked).json()
    assert said["recipient_id"] == "visitor-17"
    assert said["text"]
    streamed = rasa.post("/webhooks/rest/webhook", params={"stream": "true"}, json=asked)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert [json.loads(line)["recipient_id"] for line in streamed.text.splitlines()] == ["visitor-17"]
    assert rasa.post("/webhooks/rest/webhook", json={"sender": "v", "message": " "}).json()["reason"] == "BadRequest"


def test_the_token_is_in_no_log(server, database_url, tmp_path, served, legs, environment):
    _, key = KeyRing(database_url).create()
    with served("support", "--rasa", "--model", f"support={legs['support']}", environment=environment) as one:
        assert Interpreter(one.address, key).parse(MESSAGE) is not None
        assert httpx.post(f"{one.address}/model/parse?token={key}", json={"text": MESSAGE}).status_code == 200
    logs = [path.read_text() for path in tmp_path.parent.parent.rglob("log") if path.is_file()]
    assert any("model/parse" in log for log in logs)
    assert not any(key in log for log in logs)
