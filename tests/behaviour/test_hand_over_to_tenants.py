"""Tenants with a model of their own: a head over the graph that everybody shares."""

from __future__ import annotations

import time

import pytest

from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.testing import wait_until
from trivet_service.tiny import TinyEncoder

OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with")
TOPICS = {"card": ("card arrive", "card delivery"), "pin": ("pin forgot", "pin lost")}
WORDS = sorted({word for texts in (*TOPICS.values(), OPENINGS) for text in texts for word in text.split()})
TENANTS = ("acme", "bolt", "cog")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A model a tenant and one for everybody over one graph, and `own` over another."""
    folder = tmp_path_factory.mktemp("tenants")
    shared, own = TinyEncoder.make(folder / "shared", WORDS), TinyEncoder.make(folder / "own", WORDS, seed=7)

    def rows(whose: str) -> dict[str, list[str]]:
        return {
            f"{label}.{whose}": [f"{opening} {topic}" for topic in topics for opening in OPENINGS]
            for label, topics in TOPICS.items()
        }

    names = ("all", *TENANTS, "acme2")
    found = {name: shared.save_classifier(folder / name / "support", rows(name)) for name in names}
    found["own"] = own.save_classifier(folder / "other" / "support", rows("own"))
    third = TinyEncoder.make(folder / "third", WORDS, seed=8)
    found["other"] = third.save_classifier(folder / "third-model" / "support", rows("other"))
    return found


@pytest.fixture
def registry(settings, folders):
    made = Registry(settings.registry_address, settings.cache)
    for name, folder in (("support", "all"), ("support--acme", "acme"), ("support--bolt", "bolt")):
        made.make_live(name, made.add(folders[folder], name), Verdict(passed_over="a test"))
    return made


@pytest.fixture
def heads(keys):
    """A header with the key of each tenant, and that of the operators and of an admin of acme."""
    found = {name: keys.create(name=name, tenant=name, scopes=["read"])[1] for name in TENANTS}
    found["operator"] = keys.create(name="o", tenant="*", scopes=["admin"])[1]
    found["admin"] = keys.create(name="a", tenant="acme", scopes=["admin"])[1]
    return {name: {"X-API-Key": key} for name, key in found.items()}


@pytest.fixture
def start(registry, heads, serve):
    def make(**changes):
        live = {"support": "support@live"}
        client = serve("support", models=live, keys=True, watch_s=0.05, **changes)
        # Whose own there are is known once the registry was looked at.
        wait_until(lambda: client.context.models._tenants._known)
        return client

    return make


def ask(client, head: dict[str, str]) -> tuple[str, int, str]:
    answer = client.post("/v1/parse", json={"text": "where is my card arrive"}, headers=head)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return found["model"], found["version"], found["intent"]["name"]


def test_each_tenant_is_answered_by_its_own_head_over_one_graph(start, heads):
    client = start()
    assert ask(client, heads["acme"]) == ("support--acme", 1, "card.acme")
    assert ask(client, heads["bolt"]) == ("support--bolt", 1, "card.bolt")
    assert ask(client, heads["cog"]) == ("support", 1, "card.all")
    assert len(client.context.models.batchers()) == 1
    # What weighs most after the graph is one for all as well.
    answering = [one.traffic.live.artifact for one in client.context.models.handovers()]
    assert (len(answering), len({id(artifact.tokenizer) for artifact in answering})) == (3, 1)
    assert client.get("/readyz").json()["checks"]["tenants.models"] == {"ok": True, "opened": 2, "refused": 0}
    assert 'trivet_tenant_models{state="answering"} 2.0' in client.get("/metrics").text


def test_a_tenant_gets_its_own_once_it_goes_live_and_the_next_version_too(start, heads, registry, folders):
    client = start()
    assert ask(client, heads["cog"])[0] == "support"
    registry.make_live("support--cog", registry.add(folders["cog"], "support--cog"), Verdict(passed_over="a test"))
    wait_until(lambda: ask(client, heads["cog"]) == ("support--cog", 1, "card.cog"))
    assert ask(client, heads["acme"])[1] == 1
    registry.make_live("support--acme", registry.add(folders["acme2"], "support--acme"), Verdict(passed_over="a test"))
    wait_until(lambda: ask(client, heads["acme"]) == ("support--acme", 2, "card.acme2"))


def test_the_least_recently_used_is_the_first_to_go_and_comes_back(start, heads, registry, folders):
    registry.make_live("support--cog", registry.add(folders["cog"], "support--cog"), Verdict(passed_over="a test"))
    client = start(tenant_models=2)

    def kept() -> list[str]:
        return [one.tenant for one in client.context.models.handovers() if one.tenant]

    for name in ("acme", "bolt", "acme", "cog"):
        ask(client, heads[name])
    assert kept() == ["acme", "cog"]
    assert ask(client, heads["bolt"]) == ("support--bolt", 1, "card.bolt")
    assert kept() == ["cog", "bolt"]


def test_a_head_over_a_graph_of_its_own_is_refused_and_everybodys_model_answers(start, heads, registry, folders, capfd):
    registry.make_live("support--cog", registry.add(folders["own"], "support--cog"), Verdict(passed_over="a test"))
    client = start()
    assert ask(client, heads["cog"]) == ("support", 1, "card.all")
    assert len(client.context.models.batchers()) == 1
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["tenants.models"]["refused"]) == (200, 1)
    assert "cog" not in ready.text
    shown = client.get("/v1/models", headers=heads["operator"]).json()["items"]
    refused = next(item for item in shown if item["place"] == "support--cog")
    assert (refused["live"], "a graph of its own" in refused["refused"][0]["why"]) == (None, True)
    client.context.lines.close()
    assert "model refused" in capfd.readouterr().err


def test_where_the_next_version_is_poisoned_the_tenants_old_one_goes_on_also_after_a_restart(
    start, heads, registry, folders
):
    client = start()
    assert ask(client, heads["acme"])[1] == 1
    version = registry.add(folders["acme2"], "support--acme")
    head = registry.fetch(f"support--acme/{version}") / "heads.safetensors"
    head.write_bytes(head.read_bytes()[:-1])
    registry.make_live("support--acme", version, Verdict(passed_over="a test"))
    wait_until(lambda: client.get("/readyz").json()["checks"]["tenants.models"]["refused"] == 1)
    assert ask(client, heads["acme"]) == ("support--acme", 1, "card.acme")
    second = start()
    assert ask(second, heads["acme"]) == ("support--acme", 1, "card.acme")


def test_a_tenants_admin_changes_its_own_model_and_no_other(start, heads, registry, folders):
    client = start()
    registry.add(folders["acme2"], "support--acme")
    forced = {"version": 2, "force": True, "reason": "better for us"}
    for place in ("support--bolt", "support--none"):
        refused = client.post(f"/v1/models/{place}:promote", json=forced, headers=heads["admin"])
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    places = [item["place"] for item in client.get("/v1/models", headers=heads["admin"]).json()["items"]]
    assert "support--bolt" not in places
    answer = client.post("/v1/models/support--acme:promote", json=forced, headers=heads["admin"])
    assert (answer.status_code, answer.json()["live"]["version"]) == (200, 2)
    assert ask(client, heads["acme"]) == ("support--acme", 2, "card.acme2")
    back = client.post("/v1/models/support--acme:rollback", json={}, headers=heads["admin"])
    assert (back.status_code, ask(client, heads["acme"])[1]) == (200, 1)
    canary = client.post("/v1/models/support--acme:canary", json={"version": 2, "share": 0.5}, headers=heads["admin"])
    assert (canary.status_code, canary.json()["code"]) == (409, "tenant_model")


def test_without_room_for_them_no_tenant_has_one(start, serve, heads):
    client = serve("support", models={"support": "support@live"}, keys=True, watch_s=0.05, tenant_models=0)
    time.sleep(0.2)
    assert ask(client, heads["acme"]) == ("support", 1, "card.all")


def test_tenants_may_bring_graphs_of_their_own_where_the_operator_says_how_many(start, heads, registry, folders):
    for name in ("cog", "bolt"):
        version = registry.add(folders["own" if name == "cog" else "other"], f"support--{name}")
        registry.make_live(f"support--{name}", version, Verdict(passed_over="a test"))
    client = start(tenant_graphs=1)
    assert ask(client, heads["acme"]) == ("support--acme", 1, "card.acme")
    assert ask(client, heads["cog"]) == ("support--cog", 1, "card.own")
    assert len(client.context.models.batchers()) == 2

    def kept() -> list[str]:
        return [one.tenant for one in client.context.models.handovers() if one.tenant]

    # One graph beside everybody's: the least recently used goes, and those that share go on.
    assert ask(client, heads["bolt"]) == ("support--bolt", 2, "card.other")
    assert kept() == ["acme", "bolt"]
    wait_until(lambda: len(client.context.models.batchers()) == 2)
    assert ask(client, heads["cog"]) == ("support--cog", 1, "card.own")
    assert kept() == ["acme", "cog"]
