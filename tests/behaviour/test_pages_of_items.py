"""`GET /v1/items`: the catalogue a page at a time, of the tenant whose key it is, on both databases."""

from __future__ import annotations

import pytest

NAMES = ["tent", "lamp", "Shoe", "éclair", "a/b", "zelt 2", "~", "茶"]


@pytest.fixture
def client(serve, database_url):
    made = serve("recommend", database_url=database_url)
    items = [{"item": name, "title": "light tent", "category": "outdoor"} for name in NAMES]
    assert made.post("/v1/items", json={"items": items}).json()["put"] == len(NAMES)
    return made


def test_pages_hold_every_item_once_in_one_order(client):
    whole = client.get("/v1/items").json()
    assert (sorted(item["item"] for item in whole["items"]), whole["next_cursor"]) == (sorted(NAMES), None)
    found, cursor = [], ""
    while cursor is not None:
        answer = client.get("/v1/items", params={"cursor": cursor, "limit": 3})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        cursor = page["next_cursor"]
    assert found == whole["items"]
    assert set(found[0]) == {"item", "title", "category", "text", "added_at"}
    assert found[0]["text"] == "light tent. outdoor"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"cursor": "made-up"}, "cursor"),
        ({"cursor": "x" * 3000}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "all"}, "limit"),
    ],
)
def test_a_page_that_is_none_is_refused_and_said_why(client, query, said):
    answer = client.get("/v1/items", params=query)
    assert answer.status_code == 422
    assert said in answer.json()["errors"][0]["detail"]
