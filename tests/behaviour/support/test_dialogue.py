"""Dialogues over HTTP: what was said before counts, is remembered for a while, and is handed over in short."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from trivet_service.testing import KeyRing
from trivet_service.tiny import TinyEncoder
from trivet_support.history import Reads, compose
from trivet_support.sessions import prune_sessions
from trivet_support.turn import Said

READS = Reads(2, bot=True)
TOPICS = {
    "card_arrival": ("where is my card", "the card delivery", "my card please", "card late today"),
    "lost_pin": ("i forgot my pin", "the pin is lost", "my pin please", "pin lost today"),
    "transfer": ("send the money", "a bank transfer", "my money please", "transfer late today"),
}
FOLLOWS = ("yes", "yes please", "and again", "that one again")
# Written by customers who want the one as often as the other.
CLOSE = ("card pin", "my card pin", "the pin card please", "card pin today", "card pin", "pin card again")


def learn_alone() -> dict[str, list[str]]:
    """Rows of each intent that nothing was said before."""
    rows = {intent: list(texts) * 4 for intent, texts in TOPICS.items()}
    rows["card_arrival"] += CLOSE * 2
    rows["lost_pin"] += CLOSE * 2
    return rows


def learn() -> dict[str, list[str]]:
    """The same, and answers to what was said before."""
    rows = learn_alone()
    for intent, texts in TOPICS.items():
        for text in texts:
            for follow in FOLLOWS:
                for history in ([Said("user", text)], [Said("user", text), Said("bot", "hello")]):
                    rows[intent].append(compose(follow, history, reads=READS, fits=lambda _: True)[0])
    return rows


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A model that was taught to read the last two turns, and one that reads a message alone."""
    folder = tmp_path_factory.mktemp("talker")
    texts = [text for texts in (*TOPICS.values(), FOLLOWS, CLOSE) for text in texts]
    words = {word for text in texts for word in text.split()} | {"user", "bot", "hello", "second", "first", "person"}
    encoder = TinyEncoder.make(folder / "encoder", sorted(words))
    return {
        "reads": encoder.save_classifier(folder / "reads", learn(), context=READS.column),
        "alone": encoder.save_classifier(folder / "alone", learn_alone()),
    }


@pytest.fixture
def start(served, environment, models):
    """A server process over one of the models; `words` are more of its command line."""

    @contextmanager
    def run(*words: str, model: str = "reads", **changed: str):
        command = ("support", *words, "--model", f"support={models[model]}")
        with served(*command, environment=environment | changed) as one, httpx.Client(base_url=one.address) as client:
            client.pid = one.pid
            yield client

    return run


def say(client: httpx.Client, text: str, session: str = "c-1", **more) -> dict:
    answer = client.post("/v1/parse", json={"text": text, "session_id": session, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_was_said_before_changes_the_answer_and_is_remembered_redacted(start, database_url):
    ring = KeyRing(database_url)
    scopes = ["read", "write", "train"]
    keys = {name: {"X-API-Key": ring.create(tenant=name, scopes=scopes)[1]} for name in ("acme", "other")}
    with start() as client:
        client.headers = keys["acme"]
        for intent, texts in TOPICS.items():
            given = [{"role": "user", "text": texts[0]}, {"role": "bot", "text": "hello"}]
            asked = {"text": "yes please", "history": given, "explain": True}
            parsed = client.post("/v1/parse", json=asked).json()
            assert parsed["intent"]["name"] == intent
            assert parsed["context_used"]["turns"] == 2
            alone = client.post("/v1/parse", json={"text": "yes please"}).json()
            assert alone["context_used"] == {"turns": 0, "changed_top1": None}
            assert parsed["context_used"]["changed_top1"] == (alone["intent"]["name"] != intent)
            # The same is read where it is remembered in place of given.
            say(client, texts[0], session=intent)
            assert say(client, "yes please", session=intent)["intent"]["name"] == intent
        say(client, "my card please write to me@example.org", session="c-1", message_id="m-1")
        say(client, "my card please write to me@example.org", session="c-1", message_id="m-1")
        shown = client.get("/v1/sessions/c-1").json()
        [turn] = shown["turns"]
        assert (turn["message_id"], turn["text"]) == ("m-1", "my card please write to [email]")
        assert turn["decision"]
        assert turn["time"].endswith("Z")
        client.headers = keys["other"]
        assert client.get("/v1/sessions/c-1").status_code == 404
        assert client.delete("/v1/sessions/c-1").status_code == 404
        assert say(client, "yes", session="c-1")["context_used"]["turns"] == 0
        client.headers = keys["acme"]
        assert client.delete("/v1/sessions/c-1").json()["turns"] == 1
        assert client.get("/v1/sessions/c-1").status_code == 404


def test_messages_at_once_are_all_remembered_and_a_kill_loses_none_that_was_answered(start):
    with start("--insecure") as client:
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda at: say(client, f"my card please {at}", message_id=f"m-{at // 2}"), range(16)))
        assert len({one["request_id"] for one in told}) == 16
        kept = client.get("/v1/sessions/c-1").json()["turns"]
        assert sorted(turn["message_id"] for turn in kept) == sorted(f"m-{at}" for at in range(8))
        say(client, "send the money", message_id="last")
        os.kill(client.pid, signal.SIGKILL)
    with start("--insecure") as client:
        assert client.get("/v1/sessions/c-1").json()["turns"][-1]["message_id"] == "last"


def test_a_close_call_is_asked_back_once_and_then_handed_over_with_a_summary(start):
    with start("--insecure", model="alone") as client:
        say(client, "my card please, call +44 20 7946 0958")
        asked = say(client, "card pin")
        assert asked["decision"] == "clarify"
        assert {one["intent"]: one["label"] for one in asked["clarify"]["options"]} == {
            "card_arrival": "Card arrival",
            "lost_pin": "Lost pin",
        }
        second = asked["clarify"]["options"][1]["intent"]
        for session, choice in enumerate(("the second one", "第二个", second, f"/{second}", second.split("_")[1])):
            say(client, "card pin", session=f"s-{session}")
            picked = say(client, choice, session=f"s-{session}")
            assert (picked["intent"], picked["decision"]) == ({"name": second, "confidence": 1.0}, "answer")
            assert sorted(picked["picked_from"]) == ["card_arrival", "lost_pin"]
        # Said without having been asked, it is a message like any other.
        assert "picked_from" not in say(client, "the second one", session="fresh")
        again = say(client, "the pin card please")
        assert again["decision"] == "hand_over"
        told = again["handover"]
        assert (told["reason"], told["turns"]) == ("asked_twice", 3)
        assert told["summary"].startswith('3 messages. First: "my card please, call [phone]".')
        assert "7946" not in str(told)
        body = {"text": "card pin", "session_id": "r-1"}
        reply = client.post("/v1/respond", json=body).json()["reply"]
        options = [one["intent"] for one in asked["clarify"]["options"]]
        assert [button["payload"] for button in reply["buttons"]] == options
        assert client.get("/v1/sessions/r-1").json()["turns"][0]["reply"] == reply["text"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"history": [{"role": "user", "text": "card"}] * 10_000}, "/history"),
        ({"history": [{"role": "wizard", "text": "card"}]}, "/history/0/role"),
        ({"history": [{"role": "user", "text": " "}]}, "/history/0/text"),
        ({"session_id": ""}, "/session_id"),
        ({"session_id": "a\u0000b"}, "/session_id"),
        ({"session_id": "x" * 201}, "/session_id"),
    ],
)
def test_a_bad_dialogue_is_refused_with_a_pointer(serve, models, body, pointer):
    client = serve("support", models={"support": models["reads"]})
    answer = client.post("/v1/parse", json={"text": "card", **body})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_without_its_database_a_dialogue_is_refused_and_a_message_alone_goes_on(serve, models):
    client = serve("support", models={"support": models["reads"]})
    assert client.post("/v1/parse", json={"text": "my card please", "session_id": "c-1"}).status_code == 200
    client.context.database.close()
    lost = client.post("/v1/parse", json={"text": "my card please", "session_id": "c-1"})
    assert (lost.status_code, lost.json()["code"]) == (503, "store_unavailable")
    assert client.get("/v1/sessions/c-1").status_code == 503


def test_a_dialogue_is_over_some_time_after_its_last_message_and_then_removed(serve, models):
    client = serve("support", models={"support": models["reads"]}, session_minutes=0.02)
    say(client, "send the money")
    assert say(client, "yes please")["context_used"]["turns"] == 1
    time.sleep(1.3)
    assert client.get("/v1/sessions/c-1").status_code == 404
    assert say(client, "yes please")["context_used"]["turns"] == 0
    assert len(client.get("/v1/sessions/c-1").json()["turns"]) == 1
    time.sleep(1.3)
    pruned = client.context.database.everyone().write(lambda rows: prune_sessions(rows, before=time.time() - 1))
    assert pruned == 1
