"""What a bot says: templates, passages with citations, and rules, by a real process over each database."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

import httpx
import pytest

from trivet_service.testing import KeyRing, wait_until

# What the tiny model knows, what it does not, and what it finds foreign.
CARD, FOREIGN = "where is my card delivery", "family tent"
REPLY = {
    "variants": [
        {
            "text": "Order {order} is on its way.",
            "language": "en",
            "buttons": [{"title": "Track {order}", "payload": "t"}],
        }
    ],
    "ask": {"order": "Which order is it?"},
}
FAQ = [{"question": "family tent", "answer": "Zed stands for nothing. It never did."}]


@pytest.fixture
def desk(served, artifacts, environment):
    """Start a server process over support; a client of it, with its process as `pid`."""

    @contextmanager
    def start(*words: str, key: str = ""):
        insecure = () if key else ("--insecure",)
        with served(
            "support", *insecure, *words, "--model", f"support={artifacts['support']}", environment=environment
        ) as one:
            headers = {"X-API-Key": key} if key else {}
            with httpx.Client(base_url=one.address, timeout=30, headers=headers) as client:
                client.pid = one.pid
                yield client

    return start


def respond(client, text=CARD, **asked):
    answer = client.post("/v1/respond", json={"text": text} | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def all_ready(client):
    items = client.get("/v1/knowledge", params={"limit": 500}).json()["items"]
    return items and all(one["state"] == "ready" for one in items)


def test_a_reply_is_filled_or_asks_for_what_it_lacks_and_never_has_a_hole(serve):
    client = serve("support")
    said = respond(client)
    assert said["decision"] == "answer"
    assert said["reply"]["kind"] == "hand_over", "nobody has said what to reply"
    intent = said["intent"]["name"]
    broken = client.put(f"/v1/replies/{intent}", json={"variants": [{"text": "Order {order"}]})
    assert broken.status_code == 422
    assert broken.json()["errors"] == [
        {"pointer": "/variants/0/text", "detail": "the brace at character 7 is never closed."}
    ]
    assert client.get(f"/v1/replies/{intent}").status_code == 404
    assert client.put(f"/v1/replies/{intent}", json=REPLY).status_code == 200
    asked = respond(client, session_id="s1")["reply"]
    assert (asked["kind"], asked["text"], asked["asks_for"]) == ("clarify", "Which order is it?", "order")
    again = respond(client, session_id="s1")["reply"]
    assert again["kind"] == "hand_over", "what was asked a moment ago is not asked again"
    filled = respond(client, variables={"order": 8812})["reply"]
    assert (filled["kind"], filled["text"]) == ("template", "Order 8812 is on its way.")
    assert filled["buttons"] == [{"title": "Track 8812", "payload": "t"}]
    assert client.put("/v1/replies/@hand_over", json={"variants": [{"text": "One moment."}]}).status_code == 200
    assert client.delete(f"/v1/replies/{intent}").status_code == 200
    assert respond(client)["reply"]["text"] == "One moment."
    assert [one["intent"] for one in client.get("/v1/replies").json()["items"]] == ["@hand_over"]


def test_a_passage_is_quoted_with_where_it_stands_until_its_document_is_deleted(serve):
    client = serve("support")
    assert respond(client, FOREIGN)["reply"]["kind"] == "fall_back"
    put = client.put("/v1/knowledge/faq", params={"title": "Zed"}, json=FAQ)
    assert put.status_code == 200, put.text
    wait_until(lambda: all_ready(client), seconds=2)
    said = respond(client, FOREIGN)
    [citation] = said["reply"]["citations"]
    text = client.get("/v1/knowledge/faq").json()["text"]
    assert said["decision"] == "out_of_scope"
    assert said["reply"]["kind"] == "retrieved"
    assert text[citation["start"] : citation["end"]] == said["reply"]["text"] == FAQ[0]["answer"]
    assert (citation["document"], citation["title"]) == ("faq", "Zed")
    assert client.delete("/v1/knowledge/faq").status_code == 200
    assert respond(client, FOREIGN)["reply"]["kind"] == "fall_back"
    assert client.delete("/v1/knowledge/faq").status_code == 404


@pytest.mark.parametrize(
    ("kind", "body", "status", "said"),
    [
        ("text/csv", b"question,answer\nWhy?,\n", 422, "line 2 has no answer"),
        ("application/json", b"[{", 422, "it is no JSON"),
        ("text/markdown", b"\xff\xfe", 400, "not valid UTF-8: byte 0"),
        ("text/html", b"<script>x</script>", 422, "holds no text"),
        ("application/pdf", b"%PDF", 422, "is no format that is read"),
    ],
)
def test_a_broken_knowledge_file_is_refused_and_nothing_of_it_is_kept(serve, kind, body, status, said):
    client = serve("support")
    answer = client.put("/v1/knowledge/faq", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert said in answer.text
    assert client.get("/v1/knowledge").json()["items"] == []


def test_more_than_a_tenant_may_know_is_refused_whole(serve):
    client = serve("support", knowledge_characters=2000)
    fits = {"document": "a", "text": "word " * 300}
    assert client.post("/v1/knowledge", json={"documents": [fits]}).status_code == 200
    more = client.post("/v1/knowledge", json={"documents": [{"document": "b", "text": "word " * 300}]})
    assert (more.status_code, more.json()["code"]) == (413, "quota_exceeded")
    assert [one["document"] for one in client.get("/v1/knowledge").json()["items"]] == ["a"]


RULES = {
    "rules": [
        {
            "name": "loss",
            "because": "Losses go to a person.",
            "priority": 10,
            "when": {"words": ["DELIVERY"], "channels": ["web"]},
            "then": {"do": "escalate", "urgency": "high"},
        },
        {"name": "no-promise", "because": "Nobody knows.", "then": {"do": "forbid_phrases", "phrases": ["on its way"]}},
    ]
}


def test_rules_override_the_model_and_say_so(serve):
    client = serve("support")
    intent = respond(client)["intent"]["name"]
    client.put(f"/v1/replies/{intent}", json=REPLY)
    kept = client.put("/v1/rules", json=RULES)
    assert kept.status_code == 200, kept.text
    escalated = respond(client, channel="web", variables={"order": 1})
    assert (escalated["decision"], escalated["reply"]["kind"]) == ("hand_over", "hand_over")
    assert escalated["rules"] == [
        {"name": "loss", "effect": "escalate", "because": "Losses go to a person.", "urgency": "high"}
    ]
    assert escalated["promise"] is None
    forbidden = respond(client, channel="app", variables={"order": 1})
    assert (forbidden["decision"], forbidden["reply"]["kind"]) == ("answer", "hand_over")
    assert [one["name"] for one in forbidden["rules"]] == ["no-promise"]
    plain = client.post("/v1/parse", json={"text": CARD}).json()
    assert (plain["decision"], plain["rules"]) == ("answer", [])
    batch = client.post("/v1/parse:batch", json={"texts": [CARD]}).json()["items"][0]
    assert batch["rules"] == []
    assert client.get("/v1/audit", params={"action": "rules.changed"}).json()["items"][0]["object"] == "rules"

    stale = client.put("/v1/rules", json={"rules": []}, headers={"If-Match": '"0000"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "changed")
    assert client.get("/v1/rules").headers["etag"] == kept.headers["etag"] == stale.headers["etag"]
    emptied = client.put("/v1/rules", json={"rules": []}, headers={"If-Match": kept.headers["etag"]})
    assert emptied.status_code == 200
    assert respond(client, channel="web", variables={"order": 1})["reply"]["kind"] == "template"


def test_contradictory_rules_are_refused_with_both_names_and_the_old_ones_stay(serve):
    client = serve("support")
    client.put("/v1/rules", json=RULES)
    toml = """
        [[rules]]
        name = "up"
        because = "so"
        when.words = ["delivery"]
        then = { do = "hand_over" }
        [[rules]]
        name = "down"
        because = "so"
        when.words = ["delivery"]
        then = { do = "fall_back" }
    """
    answer = client.put("/v1/rules", content=toml, headers={"Content-Type": "application/toml"})
    assert answer.status_code == 422
    assert "'up' and 'down' contradict each other" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/rules/1"
    assert [one["name"] for one in client.get("/v1/rules").json()["rules"]] == ["loss", "no-promise"]
    wrong = client.put("/v1/rules", json={"rules": [{"name": "x", "because": "y", "then": {"do": "explode"}}]})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"].startswith("/rules/0/then")


def test_what_was_acknowledged_survives_a_kill_and_is_embedded_by_the_next_server(desk):
    documents = [{"document": f"d{at}", "text": f"Number {at} stands here. " * 40} for at in range(20)]
    with desk() as client:
        intent = respond(client)["intent"]["name"]
        assert client.put(f"/v1/replies/{intent}", json=REPLY).status_code == 200
        assert client.put("/v1/rules", json=RULES).status_code == 200
        faq = {"document": "faq", "format": "faq", "pairs": FAQ}
        assert client.post("/v1/knowledge", json={"documents": [faq, *documents]}).status_code == 200
        os.kill(client.pid, signal.SIGKILL)
    with desk() as client:
        wait_until(lambda: all_ready(client), seconds=10)
        assert len(client.get("/v1/knowledge").json()["items"]) == 21
        assert respond(client, FOREIGN)["reply"]["text"] == FAQ[0]["answer"]
        assert respond(client, channel="web")["rules"][0]["name"] == "loss"
        assert respond(client, channel="app")["reply"]["asks_for"] == "order"


def test_another_process_follows_and_another_tenant_sees_nothing(desk, database_url):
    ring = KeyRing(database_url)
    _, mine = ring.create(scopes=["read", "train"], tenant="one")
    _, theirs = ring.create(scopes=["read", "write"], tenant="two")
    with desk(key=mine) as one, desk(key=mine) as other:
        assert respond(other, FOREIGN)["reply"]["kind"] == "fall_back"
        one.put("/v1/rules", json=RULES)
        one.put("/v1/knowledge/faq", json=FAQ)
        wait_until(lambda: respond(other, channel="web")["rules"], seconds=5)
        wait_until(lambda: respond(other, FOREIGN)["reply"]["kind"] == "retrieved", seconds=5)
        one.headers["X-API-Key"] = theirs
        assert respond(one, FOREIGN)["reply"]["kind"] == "fall_back"
        assert respond(one, channel="web")["rules"] == []
        for path in ("/v1/rules", "/v1/knowledge/faq", "/v1/replies/card_arrival"):
            assert one.put(path, json={}).status_code == 403
        one.headers["X-API-Key"] = mine
        one.delete("/v1/knowledge/faq")
        assert respond(one, FOREIGN)["reply"]["kind"] == "fall_back"
        wait_until(lambda: respond(other, FOREIGN)["reply"]["kind"] == "fall_back", seconds=5)
