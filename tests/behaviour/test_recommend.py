"""`trivet serve recommend`: what somebody may want next, and why."""

from __future__ import annotations

import pytest

from trivet.errors import ArtifactError, DataError

WORDINGS = {
    "shoe": ("trail running shoe", "racing shoe", "walking shoe", "snow shoe"),
    "tent": ("two person tent", "light tent", "family tent", "winter tent"),
    "lamp": ("head lamp", "camp lamp", "solar lamp", "bike lamp"),
}
CATALOGUE = [
    {"item": f"{kind}{at}", "title": wording, "category": f"{kind}, outdoor"}
    for kind, wordings in WORDINGS.items()
    for at, wording in enumerate(wordings)
]


@pytest.fixture
def client(serve):
    made = serve("recommend")
    assert made.post("/v1/items", json={"items": CATALOGUE}).json()["catalogue"] == 12
    return made


def recommend(client, **body) -> dict:
    answer = client.post("/v1/recommendations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(answer: dict) -> list[str]:
    return [item["item"] for item in answer["items"]]


def test_an_event_changes_the_next_answer_at_once(client):
    assert recommend(client, user="u", n=3)["rung"] == "popular"
    taken = client.post("/v1/events", json={"id": "e1", "user": "u", "item": "tent1", "event": "view"}).json()
    assert (taken["accepted"], taken["duplicates"], taken["ids"], taken["unknown_items"]) == (1, 0, ["e1"], [])
    answer = recommend(client, user="u", n=3)
    assert answer["rung"] == "personal"
    assert "tent1" not in names(answer)
    assert all(name.startswith("tent") for name in names(answer))
    assert answer["items"][0]["reason"] == "because of light tent"
    assert answer["items"][0]["because"] == "tent1"
    assert (answer["model"], answer["version"]) == ("recommend", 0)


def test_the_same_event_counts_once_however_often_it_is_sent(client):
    event = {"id": "e1", "user": "u", "item": "tent1"}
    first = client.post("/v1/events", json=event).json()
    again = client.post("/v1/events", json={"events": [event, event, {**event, "id": "e2"}]}).json()
    assert (first["accepted"], again["accepted"], again["duplicates"]) == (1, 1, 2)


def test_a_visitor_gets_answers_from_the_session(client):
    answer = recommend(client, history=["lamp0", "lamp1"], n=2)
    assert answer["rung"] == "session"
    assert all(name.startswith("lamp") for name in names(answer))


def test_nobody_in_particular_gets_what_is_popular_then_what_is_new(client):
    events = [{"user": user, "item": "shoe3"} for user in "abc"]
    client.post("/v1/events", json={"events": events})
    answer = recommend(client, n=12)
    assert answer["rung"] == "popular"
    assert (names(answer)[0], answer["items"][0]["reason"]) == ("shoe3", "popular")
    assert {item["reason"] for item in answer["items"][1:]} == {"new"}
    assert len(answer["items"]) == 12


def test_excluded_items_and_other_categories_stay_out(client):
    client.post("/v1/events", json={"user": "u", "item": "tent1"})
    answer = recommend(client, user="u", n=12, exclude=["tent0", "lamp0"], category="tent")
    assert sorted(names(answer)) == ["tent2", "tent3"]


def test_a_new_item_is_recommended_by_its_text_before_anybody_touched_it(client):
    client.post("/v1/events", json={"user": "u", "item": "tent1"})
    put = client.post("/v1/items", json={"items": [{"item": "brand-new", "text": "light tent. tent, outdoor"}]}).json()
    assert (put["put"], put["catalogue"]) == (1, 13)
    assert names(recommend(client, user="u", n=1)) == ["brand-new"]


def test_an_item_put_again_shows_its_new_title(client):
    client.post("/v1/items", json={"items": [{"item": "tent0", "title": "two person tent", "category": "sale"}]})
    answer = recommend(client, category="sale", n=5)
    assert names(answer) == ["tent0"]
    assert answer["items"][0]["category"] == "sale"


def test_an_event_of_an_unknown_item_is_kept_and_counts_once_the_item_is_there(client):
    taken = client.post("/v1/events", json={"user": "u", "item": "later"}).json()
    assert taken["unknown_items"] == ["later"]
    assert recommend(client, user="u")["rung"] == "popular"
    client.post("/v1/items", json={"items": [{"item": "later", "text": "solar lamp"}]})
    assert recommend(client, user="u", n=1)["rung"] == "personal"


def test_everything_is_there_after_a_restart_without_embedding_again(serve, client):
    client.post("/v1/events", json={"id": "e1", "user": "u", "item": "tent1"})
    before = recommend(client, user="u", n=5)
    second = serve("recommend")
    after = recommend(second, user="u", n=5)
    assert names(after) == names(before)
    assert 'trivet_batcher_events_total{event="requests"' in second.get("/metrics").text
    requests = next(
        line for line in second.get("/metrics").text.splitlines() if 'events_total{event="requests"' in line
    )
    assert requests.endswith(" 0.0")
    assert second.get("/readyz").json()["checks"]["recommend.shops"] == {
        "ok": True, "tenants": 1, "items": 12, "index": ["exact"],
    }  # fmt: skip


def test_tenants_do_not_see_each_other(serve, keys):
    mine, other = (
        {"X-API-Key": keys.create(name=tenant, tenant=tenant, scopes=["read", "write"])[1]} for tenant in "ab"
    )
    client = serve("recommend", keys=True)
    client.post("/v1/items", json={"items": CATALOGUE}, headers=mine)
    client.post("/v1/events", json={"id": "e", "user": "u", "item": "tent0"}, headers=mine)
    assert client.post("/v1/recommendations", json={"user": "u"}, headers=other).json()["items"] == []
    taken = client.post("/v1/events", json={"id": "e", "user": "u", "item": "tent0"}, headers=other).json()
    assert (taken["accepted"], taken["unknown_items"]) == (1, ["tent0"])


def test_a_reader_may_not_write(serve, keys):
    reader = {"X-API-Key": keys.create(name="reader", scopes=["read"])[1]}
    client = serve("recommend", keys=True)
    for path, body in (("/v1/items", {"items": CATALOGUE}), ("/v1/events", {"user": "u", "item": "i"})):
        assert client.post(path, json=body, headers=reader).status_code == 403
    assert client.post("/v1/recommendations", json={}, headers=reader).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/events", {"item": "i"}, "/user"),
        ("/v1/events", {"events": [{"user": "u", "item": "i"}, {"user": "u"}]}, "/events/1/item"),
        ("/v1/events", {"user": "u", "item": "i", "time": "2026-01-01T00:00:00"}, "/time"),
        ("/v1/events", {"events": []}, "/events"),
        ("/v1/items", {"items": [{"item": "i"}]}, "/items/0"),
        ("/v1/items", {"items": [{"item": "", "text": "a"}]}, "/items/0/item"),
        ("/v1/recommendations", {"user": "u", "history": []}, ""),
        ("/v1/recommendations", {"n": 0}, "/n"),
        ("/v1/recommendations", {"users": "u"}, "/users"),
    ],
)
def test_a_malformed_request_is_pointed_at(client, path, body, pointer):
    answer = client.post(path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_not_a_number_is_no_value(client):
    answer = client.post("/v1/events", content=b'{"user": "u", "item": "i", "value": NaN}')
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/value"


def test_too_many_events_are_refused_and_none_is_stored(client):
    answer = client.post("/v1/events", json={"events": [{"id": "x", "user": "u", "item": "tent0"}] * 257})
    assert (answer.status_code, answer.json()["code"]) == (413, "batch_too_large")
    assert recommend(client, user="u")["rung"] == "popular"


def test_a_data_set_is_loaded_when_asked_for_and_only_once(serve):
    first = serve("recommend", load="sample-recommend")
    assert first.get("/readyz").json()["checks"]["recommend.shops"]["items"] == 240
    before = recommend(first, user="u0311", n=5)
    assert before["rung"] == "personal"
    assert all(item["reason"].startswith("because of ") for item in before["items"])
    second = serve("recommend", load="sample-recommend")
    assert names(recommend(second, user="u0311", n=5)) == names(before)


def test_a_data_set_without_behaviour_cannot_be_loaded(serve):
    with pytest.raises(DataError, match="no interactions"):
        serve("recommend", load="sample-bank")


def test_a_model_that_only_classifies_cannot_recommend(serve, artifacts):
    with pytest.raises(ArtifactError, match="similarity"):
        serve("recommend", models={"recommend": artifacts["support"]})
