"""A catalogue and events that come in as files, while the service answers."""

from __future__ import annotations

import time

import pytest

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict

WORDINGS = ("trail running shoe", "racing shoe", "walking shoe", "two person tent", "light tent", "family tent")
ITEMS = "item,title,text\n" + "".join(f"i{at},{text.title()},{text}\n" for at, text in enumerate(WORDINGS))
EVENTS = "user,item,time\n" + "".join(f"u{at % 3},i{at % 6},2026-01-0{1 + at % 9}T10:00:00Z\n" for at in range(9))


@pytest.fixture
def shop(start, surroundings, artifacts, tmp_path):
    registry = Registry(str(tmp_path / "home" / "registry"), tmp_path / "cache")
    registry.make_live("recommend", registry.add(artifacts["recommend"], "recommend"), Verdict(passed_over="a test"))
    with start(service="recommend", model="recommend@live") as (_, made):
        yield made
        for process in made.processes:
            process.kill()
            process.wait()


def popular(shop) -> list[str]:
    return [one["item"] for one in shop.client.post("/v1/recommendations", json={"n": 6}).json()["items"]]


def await_items(shop, count: int) -> list[str]:
    end = time.monotonic() + 20
    while len(items := popular(shop)) != count:
        assert time.monotonic() < end, items
        time.sleep(0.1)
    return items


def test_an_import_shows_in_the_answers_and_counts_once(shop):
    assert popular(shop) == []
    shop.client.post("/v1/items", json={"items": [{"item": "own", "title": "head lamp"}]}).raise_for_status()
    for event in ("e1", "e2"):
        answer = shop.client.post("/v1/events", json={"id": event, "user": "mine", "item": "own", "event": "view"})
        assert answer.json()["accepted"] == 1
    assert shop.put("shop", ITEMS, table="items").status_code == 200
    assert shop.put("shop", EVENTS, table="interactions").status_code == 200
    shop.worker()
    done = shop.wait(shop.ask(kind="import", dataset="shop"))
    assert done["status"] == "succeeded", done
    result = done["result"]
    assert (result["rows"], result["new_events"], result["vectors"]) == ({"items": 6, "interactions": 9}, 9, 6)
    assert set(await_items(shop, 6)) <= {"own", *(f"i{at}" for at in range(6))}
    personal = shop.client.post("/v1/recommendations", json={"user": "u0", "n": 3}).json()
    assert (personal["rung"], len(personal["items"])) == ("personal", 3)
    again = shop.wait(shop.ask(kind="import", dataset="shop"))
    assert (again["result"]["new_events"], again["result"]["vectors"]) == (0, 0)
    rebuilt = shop.wait(shop.ask(kind="rebuild"))
    assert (rebuilt["status"], rebuilt["result"]) == ("succeeded", {"model": "recommend/1", "vectors": 7})


def test_a_file_with_a_bad_row_is_refused_and_nothing_of_it_comes_in(shop):
    refused = shop.put("shop", "user,item,time\nu1,i1,yesterday\n", table="interactions")
    assert refused.status_code == 422
    assert "interactions:2" in refused.text
    assert "yesterday" in refused.text
    assert shop.put("shop", EVENTS, table="interactions").status_code == 200
    shop.worker()
    failed = shop.wait(shop.ask(kind="import", dataset="shop"))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "data")
    assert "catalogue" in failed["error"]["what"]
    assert popular(shop) == []
