"""A write with an Idempotency-Key is done once, and whoever sends it again gets the answer of the first time."""

from __future__ import annotations

import threading
import time

import httpx
import pytest

from trivet_service.idempotency import KEPT_S, LEASE_S, Answer, Begun, Ledger, Reused, Underway
from trivet_service.retries import writes


@pytest.fixture
def ledger(database):
    return Ledger(database, owner="one")


DONE = Answer(200, '[["content-type", "application/json"]]', b"{}")


def test_a_request_is_carried_out_once_and_its_answer_comes_again(ledger):
    assert ledger.claim("a", "k", "digest") == Begun()
    ledger.keep("a", "k", DONE)
    assert ledger.claim("a", "k", "digest") == DONE
    assert ledger.claim("a", "k", "another digest") == Reused()
    assert ledger.claim("b", "k", "another digest") == Begun(), "a key is a tenant's own"


def test_of_many_who_claim_a_request_at_once_one_gets_it(ledger, database):
    others = [ledger, Ledger(database, owner="two"), Ledger(database, owner="three")]
    found = []
    threads = [
        threading.Thread(target=lambda at=at: found.append(others[at % 3].claim("a", "k", "digest")))
        for at in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in found) == ["Begun"] + ["Underway"] * 11


def test_who_is_alive_keeps_a_request_and_who_is_not_loses_it(ledger, database):
    other = Ledger(database, owner="two")
    now = time.time()
    assert ledger.claim("a", "k", "digest", now=now) == Begun()
    assert other.claim("a", "k", "digest", now=now + 1) == Underway(int(LEASE_S) - 1)
    assert other.claim("a", "k", "digest", now=now + LEASE_S + 1) == Begun()
    ledger.keep("a", "k", DONE)
    assert isinstance(ledger.claim("a", "k", "digest", now=now + LEASE_S + 2), Underway), "it is the other's now"


def test_a_request_that_failed_may_be_tried_again_with_another_body(ledger):
    ledger.claim("a", "k", "digest")
    ledger.release("a", "k")
    assert ledger.claim("a", "k", "another digest") == Begun()


def test_an_answer_is_forgotten_after_a_day(ledger):
    now = time.time()
    ledger.claim("a", "k", "digest", now=now)
    ledger.keep("a", "k", DONE)
    assert ledger.claim("a", "k", "digest", now=now + KEPT_S - 1) == DONE
    assert ledger.claim("a", "other", "digest", now=now + KEPT_S + 1) == Begun()
    assert ledger.claim("a", "k", "digest", now=now + KEPT_S + 1) == Begun()


def test_writes_are_those_that_the_right_to_read_does_not_open():
    def operation(*scopes: str) -> dict:
        return {"security": [{"ApiKey": list(scopes)}, {"Bearer": list(scopes)}]}

    once = {"post": operation("read"), "patch": operation("write"), "put": operation("write")}
    spec = {"paths": {"/a": once, "/b": {"get": operation("admin")}}}
    assert writes(spec) == [("/a", "patch")]


@pytest.fixture
def client(serve, database_url):
    return serve(database_url=database_url)


def count(client, key: str | None = "k-1", body: str = "one"):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/v1/counts", json={"text": body}, headers=headers)


def test_a_write_that_is_sent_again_is_not_done_again(client):
    first = count(client)
    again = count(client)
    assert (first.json()["count"], again.json()) == (1, first.json())
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert again.headers["location"] == first.headers["location"] == "/v1/counts/1"
    assert again.status_code == first.status_code == 201
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert count(client, "k-2").json()["count"] == 2
    assert count(client, None).json()["count"] == 3


def test_a_key_that_stands_for_another_request_is_refused(client):
    count(client)
    refused = count(client, body="two")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    elsewhere = client.post("/v1/writes", headers={"Idempotency-Key": "k-1"})
    assert elsewhere.json()["code"] == "idempotency_key_reused"


def test_while_the_first_is_carried_out_another_is_told_to_wait(client, in_thread):
    slow = in_thread(lambda: count(client, body="slow"))
    time.sleep(0.7)
    early = count(client, body="slow")
    assert (early.status_code, early.json()["code"]) == (409, "idempotency_key_in_use")
    assert 1 <= int(early.headers["retry-after"]) <= LEASE_S
    slow.join()
    assert count(client, body="slow").json()["count"] == 1


def test_what_is_refused_or_fails_does_not_use_the_key_up(client):
    assert count(client, body="").status_code == 422
    assert count(client, body="fail").status_code == 500
    assert count(client).json()["count"] == 1


def test_a_client_that_leaves_finds_the_answer_when_it_comes_back(client):
    # Only then does a request take no longer than its work.
    assert count(client, "first").status_code == 201
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/counts", json={"text": "slow"}, headers={"Idempotency-Key": "k"}, timeout=1.0)
    again, end = count(client, "k", body="slow"), time.monotonic() + 20
    while again.status_code == 409 and time.monotonic() < end:
        time.sleep(0.1)
        again = count(client, "k", body="slow")
    assert (again.json()["count"], again.headers["idempotency-replayed"]) == (2, "true")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
def test_an_ill_formed_key_is_refused(client, key):
    refused = client.post("/v1/counts", json={"text": "a"}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_idempotency_key")


def test_a_body_over_the_limit_is_refused_with_a_key_too(client):
    assert count(client, body="x" * 20_000).json()["code"] == "body_too_large"


def test_where_only_reading_is_asked_for_the_key_means_nothing(client):
    answers = [client.post("/v1/notes", json={"text": text}, headers={"Idempotency-Key": "k"}) for text in ("a", "b")]
    assert [answer.json()["text"] for answer in answers] == ["a", "b"]


def test_without_a_database_nothing_is_done(client):
    client.context.database.close()
    refused = count(client)
    assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
    assert client.get("/v1/counts").json() == {"count": 0}


def test_the_openapi_file_says_which_operations_take_a_key(client):
    paths = client.get("/openapi.json").json()["paths"]
    named = [parameter["name"] for parameter in paths["/v1/counts"]["post"]["parameters"]]
    assert named == ["Idempotency-Key"]
    assert "409" in paths["/v1/counts"]["post"]["responses"]
    assert "parameters" not in paths["/v1/notes"]["post"]
