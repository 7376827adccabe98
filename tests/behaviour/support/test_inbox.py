"""What a bot was unsure of waits in the inbox, and is an example as soon as somebody says what it wants."""

from __future__ import annotations

import os

import httpx
import pytest

from trivet_service.testing import KeyRing, wait_until

# Words that the tiny encoder does not know are all the same to it.
STRANGE = ["asdf qwer", "asdf zxcv", "asdf hjkl", "asdf uiop"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, served, artifacts, tmp_path_factory):
    """A server that keeps texts, and keys for its tenants."""
    folder = tmp_path_factory.mktemp("inbox")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    own = {
        "TRIVET_HOME": str(folder / "home"),
        "TRIVET_CACHE": str(folder / "cache"),
        "TRIVET_PREDICTION_TEXTS": "true",
    }

    def begin(url: str):
        ring = KeyRing(url)
        ring.create()
        environment = inherited | own | {"TRIVET_DATABASE_URL": url}
        return ring, served("support", "--model", f"support={artifacts['support']}", environment=environment)

    if request.param == "sqlite":
        ring, serving = begin(f"sqlite:///{folder / 'store.db'}")
        with serving as one:
            yield one, ring
        return
    with request.getfixturevalue("postgres").database() as url:
        ring, serving = begin(url)
        with serving as one:
            yield one, ring


@pytest.fixture
def stranger(server):
    """A client of a tenant that has nothing."""
    one, ring = server
    key = ring.create(tenant="stranger", scopes=["read", "write", "train"])[1]
    return httpx.Client(base_url=one.address, headers={"X-API-Key": key}, timeout=30)


@pytest.fixture
def client(server, request):
    one, ring = server
    name = f"t{abs(hash(request.node.name)) % 10**9}"
    key = ring.create(tenant=name, scopes=["read", "write", "train"])[1]
    return httpx.Client(base_url=one.address, headers={"X-API-Key": key}, timeout=30)


def ask(client: httpx.Client, text: str) -> dict:
    answer = client.post("/v1/parse", json={"text": text})
    assert answer.status_code == 200, answer.text
    return answer.json()


def inbox(client: httpx.Client, **query) -> list[dict]:
    page = client.get("/v1/inbox", params=query)
    assert page.status_code == 200, page.text
    assert page.json()["keeps_texts"]
    return page.json()["items"]


def test_an_unsure_message_comes_once_redacted_and_is_an_example_in_one_call(client, stranger):
    for text in ("asdf me@example.org", "ASDF me@example.org!", "qwer"):
        assert ask(client, text)["decision"] == "out_of_scope"
    ask(client, "where is my card arrive")
    found = wait_until(lambda: len(seen := inbox(client)) == 2 and seen)
    [twice] = [one for one in found if one["times"] == 2]
    assert "me@example.org" not in twice["text"]
    assert (twice["reason"], twice["decision"]) == ("uncertain", "out_of_scope")
    assert len(client.get("/v1/inbox", params={"limit": 1}).json()["items"]) == 1
    assert inbox(stranger) == []
    for verb in (":label", ":discard"):
        assert stranger.post(f"/v1/inbox/{twice['id']}{verb}", json={"intent": "transfer"}).status_code == 404
    assert stranger.post("/v1/inbox:discard", json={"ids": [twice["id"]]}).json() == {"discarded": 0}
    labelled = client.post(f"/v1/inbox/{twice['id']}:label", json={"new_intent": {"name": "noise"}})
    assert labelled.status_code == 200, labelled.text
    assert (labelled.json()["labelled"], labelled.json()["created"], labelled.json()["answers"]) == (1, ["noise"], True)
    [example] = client.get("/v1/intents/noise/examples").json()["items"]
    assert (example["text"], example["source"]) == (twice["text"], "inbox")
    assert ask(client, twice["text"])["intent"]["name"] == "noise"
    [other] = inbox(client)
    assert client.post(f"/v1/inbox/{other['id']}:discard").json() == {"discarded": 1}
    ask(client, "qwer?")
    assert inbox(client) == [], "what was dealt with does not come back"
    gone = client.post(f"/v1/inbox/{other['id']}:label", json={"intent": "transfer"})
    assert gone.status_code == 404
    assert client.post("/v1/inbox:label", json={"ids": ["x"], "intent": "transfer"}).status_code == 404
    both = {"ids": ["x"], "intent": "a", "new_intent": {"name": "b"}}
    assert client.post("/v1/inbox:label", json=both).status_code == 422


def test_an_answer_that_was_corrected_comes_with_what_would_have_been_right(client):
    said = ask(client, "where is my card arrive today")
    assert said["decision"] == "answer"
    told = client.post("/v1/feedback", json={"request_id": said["request_id"], "label": "lost_pin"})
    assert told.status_code == 200, told.text
    [one] = wait_until(lambda: inbox(client, strategy="corrected"))
    assert (one["text"], one["intent"], one["corrected"]) == (
        "where is my card arrive today",
        "card_arrival",
        "lost_pin",
    )
    wrong = client.post(f"/v1/inbox/{one['id']}:label", json={"intent": "no such intent"})
    assert wrong.json()["errors"] == [{"pointer": "/intent", "detail": "there is no intent 'no such intent'."}]
    client.post(f"/v1/inbox/{one['id']}:label", json={"intent": "lost_pin"}).raise_for_status()
    assert ask(client, "where is my card arrive today")["intent"]["name"] == "lost_pin"


def test_alike_messages_are_a_cluster_with_a_name_and_become_an_intent_in_one_call(client):
    for text in STRANGE:
        assert ask(client, text)["decision"] == "out_of_scope"
    items = wait_until(lambda: len(seen := inbox(client, strategy="new_cluster")) >= 4 and seen)
    assert {one["cluster"]["number"] for one in items} == {0}
    assert items[0]["cluster"]["suggested_name"] == "asdf"
    first = client.get("/v1/inbox", params={"strategy": "new_cluster", "limit": 2}).json()
    rest = client.get("/v1/inbox", params={"strategy": "new_cluster", "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [one["id"] for one in items]
    body = {"ids": [one["id"] for one in items], "new_intent": {"name": "babble"}}
    assert client.post("/v1/inbox:label", json=body).json()["labelled"] == len(items)
    assert ask(client, "asdf mnbv")["intent"]["name"] == "babble"
