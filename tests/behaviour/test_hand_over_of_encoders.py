"""Another encoder of the recommender takes over only once it has embedded everybody's catalogue."""

from __future__ import annotations

import pytest

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_recommend.store import RecommendStore
from trivet_service.testing import wait_until
from trivet_service.tiny import TinyEncoder

WORDINGS = ("trail running shoe", "racing shoe", "two person tent", "light tent", "head lamp", "camp lamp")
CATALOGUE = [{"item": f"i{at}", "title": wording} for at, wording in enumerate(WORDINGS)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two encoders of their own, and one of another task."""
    folder = tmp_path_factory.mktemp("encoders")
    words = sorted({word for wording in (*WORDINGS, "new") for word in wording.split()})
    made = [TinyEncoder.make(folder / str(seed), words, seed=seed) for seed in (0, 7)]
    found = {f"e{at}": one.save_embedder(folder / f"e{at}" / "recommend", WORDINGS) for at, one in enumerate(made)}
    rows = {"shoe": WORDINGS[:2] * 8, "tent": WORDINGS[2:4] * 8, "lamp": WORDINGS[4:] * 8}
    found["labels"] = made[0].save_classifier(folder / "labels" / "recommend", rows)
    return found


@pytest.fixture
def registry(settings):
    return Registry(settings.registry_address, settings.cache)


@pytest.fixture
def go_live(registry):
    def make(version: int) -> None:
        registry.make_live("recommend", version, Verdict(passed_over="a test"))

    return make


@pytest.fixture
def client(registry, folders, go_live, serve, database_url):
    """A server of `recommend@live`, version 1, with a catalogue; version 2 is another encoder."""
    for name in ("e0", "e1", "labels"):
        registry.add(folders[name], "recommend")
    go_live(1)
    live = {"recommend": "recommend@live"}
    client = serve("recommend", models=live, watch_s=0.05, database_url=database_url)
    assert client.post("/v1/items", json={"items": CATALOGUE}).json()["catalogue"] == 6
    return client


def recommend(client, **body) -> dict:
    asked = {"n": 7} | body if body else {"history": ["i0"], "n": 5}
    answer = client.post("/v1/recommendations", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def scores(answer: dict) -> dict[str, float]:
    return {item["item"]: item["score"] for item in answer["items"]}


def test_the_answers_of_a_version_come_from_its_own_vectors(client, go_live, serve, folders, database_url):
    before = recommend(client)
    go_live(2)
    wait_until(lambda: recommend(client)["version"] == 2)
    after = recommend(client)
    assert len(after["items"]) == len(before["items"]) == 5
    assert scores(after) != scores(before)
    alone = serve("recommend", models={"recommend": folders["e1"]}, database_url=database_url)
    assert scores(recommend(alone)) == scores(after)


def test_what_is_put_and_done_meanwhile_is_there_in_both(client, go_live):
    client.post("/v1/models/recommend:canary", json={"version": 2, "share": 0.5})
    client.post("/v1/items", json={"items": [{"item": "new", "title": "new light tent"}]})
    client.post("/v1/events", json={"user": "u", "item": "i3"})
    found = [recommend(client, user=f"u{at}") for at in range(30)]
    assert {answer["version"] for answer in found} == {1, 2}
    assert all("new" in scores(answer) for answer in found)
    alike = [recommend(client, history=["i3"]) for _ in range(20)]
    assert {answer["version"] for answer in alike} == {1, 2}
    assert all("new" in scores(answer) for answer in alike)
    # A user stays with one version.
    assert [recommend(client, user=f"u{at}")["version"] for at in range(30)] == [answer["version"] for answer in found]
    go_live(2)
    wait_until(lambda: {recommend(client)["version"] for _ in range(8)} == {2})
    assert recommend(client, user="u")["rung"] == "personal"


def test_after_a_swap_the_next_start_embeds_nothing(client, go_live, serve, database_url):
    go_live(2)
    wait_until(lambda: recommend(client)["version"] == 2)
    before = scores(recommend(client))
    second = serve("recommend", models={"recommend": "recommend@live"}, database_url=database_url)
    encoder = f"{second.context.models.of('recommend').artifact.identity}-fp32"
    assert len(RecommendStore(client.context.database).embeddings("default", encoder)) == 6
    assert scores(recommend(second)) == before


def test_a_version_whose_catalogue_cannot_be_made_is_refused(client, registry, go_live):
    shops = client.context.models.preparations["recommend"]
    items = shops.store.items

    def fail(tenant: str):
        raise OSError("the disk is gone")

    shops.store.items = fail
    answer = client.post("/v1/models/recommend:promote", json={"version": 2, "force": True, "reason": "a test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "artifact_refused")
    assert (registry.aliases("recommend")["live"], recommend(client)["version"]) == (1, 1)
    shops.store.items = items
    answer = client.post("/v1/models/recommend:promote", json={"version": 2, "force": True, "reason": "a test"})
    assert (answer.status_code, recommend(client)["version"]) == (200, 2)


def test_a_version_of_another_task_is_refused_and_so_is_a_shadow(client, go_live):
    go_live(3)
    wait_until(lambda: client.get("/v1/models").json()["items"][0]["refused"])
    assert "classification" in client.get("/v1/models").json()["items"][0]["refused"][0]["why"]
    assert recommend(client)["version"] == 1
    shadow = client.post("/v1/models/recommend:shadow", json={"version": 2})
    assert (shadow.status_code, "labels" in shadow.json()["detail"]) == (409, True)


def test_a_tenants_own_encoder_answers_once_it_has_embedded_the_tenants_catalogue(
    registry, folders, go_live, serve, keys
):
    registry.add(folders["e0"], "recommend")
    go_live(1)
    own = "recommend--acme"
    registry.make_live(own, registry.add(folders["e0"], own), Verdict(passed_over="a test"))
    heads = {
        name: {"X-API-Key": keys.create(name=name, tenant=name, scopes=["read", "write"])[1]}
        for name in ("acme", "bolt")
    }
    client = serve("recommend", models={"recommend": "recommend@live"}, keys=True, watch_s=0.05)
    for head in heads.values():
        assert client.post("/v1/items", json={"items": CATALOGUE}, headers=head).status_code == 200

    def ask(name: str) -> dict:
        return client.post("/v1/recommendations", json={"history": ["i0"], "n": 5}, headers=heads[name]).json()

    assert len(ask("acme")["items"]) == 5
    wait_until(lambda: ask("acme")["model"] == own)
    assert len(ask("acme")["items"]) == 5
    assert ask("bolt")["model"] == "recommend"
    client.post("/v1/items", json={"items": [{"item": "new", "title": "new light tent"}]}, headers=heads["acme"])
    found = client.post("/v1/recommendations", json={"history": ["i3"], "n": 6}, headers=heads["acme"]).json()
    assert (found["model"], "new" in scores(found)) == (own, True)
