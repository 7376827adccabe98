"""Versions take each other's place while requests are answered: followed, promoted, refused, shared, shadowed."""

from __future__ import annotations

import json
import shutil
import threading
import time

import pytest

from trivet.artifact.sums import write_sums
from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.testing import wait_until
from trivet_service.tiny import TinyEncoder

TOPICS = {
    "card": ("card arrive", "card delivery"),
    "pin": ("pin forgot", "pin lost"),
    "money": ("money transfer", "transfer bank"),
}
OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")
WORDS = sorted({word for texts in (*TOPICS.values(), OPENINGS) for text in texts for word in text.split()})
TEXT = "where is my card arrive"


def rows(version: str) -> dict[str, list[str]]:
    """Every wording by label; the label tells the version that gave it."""
    return {
        f"{label}.{version}": [f"{opening} {topic}" for topic in topics for opening in OPENINGS]
        for label, topics in TOPICS.items()
    }


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Artifacts by name: `a`, `b` and `c` over one graph, `own` over another, `embeds` of another task."""
    folder = tmp_path_factory.mktemp("versions")
    shared = TinyEncoder.make(folder / "shared", WORDS)
    own = TinyEncoder.make(folder / "own", WORDS, seed=7)
    found = {name: shared.save_classifier(folder / name / "support", rows(name)) for name in "abc"}
    found["own"] = own.save_classifier(folder / "other" / "support", rows("own"))
    found["embeds"] = shared.save_embedder(folder / "embeds" / "support", [*rows("x")["card.x"]])
    return found


@pytest.fixture
def registry(settings):
    return Registry(settings.registry_address, settings.cache)


@pytest.fixture
def go_live(registry):
    def make(version: int, name: str = "support") -> None:
        registry.make_live(name, version, Verdict(passed_over="a test"))

    return make


@pytest.fixture
def client(registry, folders, go_live, serve):
    """A server of `support@live`, which is version 1; version 2 is there as well."""
    for name in "ab":
        registry.add(folders[name], "support")
    go_live(1)
    return serve("support", models={"support": "support@live"}, watch_s=0.05)


def ask(client, text: str = TEXT, **headers: str) -> dict:
    answer = client.post("/v1/parse", json={"text": text}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(client, place: str = "support") -> dict:
    return next(item for item in client.get("/v1/models").json()["items"] if item["place"] == place)


def shadow_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "shadow-support"}


def damage(registry: Registry, reference: str) -> None:
    head = registry.fetch(reference) / "heads.safetensors"
    content = bytearray(head.read_bytes())
    content[-1] ^= 1
    head.write_bytes(content)


def test_a_running_server_follows_what_goes_live(client, go_live):
    first = ask(client)
    assert (first["model"], first["version"], first["intent"]["name"]) == ("support", 1, "card.a")
    go_live(2)
    wait_until(lambda: ask(client)["version"] == 2)
    assert ask(client)["intent"]["name"] == "card.b"
    assert shown(client)["last_swap"]["previous"] == 1
    metrics = client.get("/metrics").text
    assert 'trivet_handovers_total{outcome="swapped",service="support"} 1.0' in metrics
    assert 'model="support",precision="fp32",role="live",service="support",version="2"} 1.0' in metrics
    assert 'role="live",service="support",version="1"' not in metrics


def test_a_graph_that_nobody_needs_any_more_leaves_the_memory(client, registry, folders, go_live):
    old = client.context.models.of("support").artifact.graph
    go_live(registry.add(folders["own"], "support"))
    wait_until(lambda: ask(client)["version"] == 3)
    wait_until(lambda: not old.is_loaded)
    assert len(client.context.models.batchers()) == 1


def test_what_was_explained_keeps_no_old_version(client, registry, folders, go_live):
    old = client.context.models.of("support").artifact.graph
    assert client.post("/v1/explain", json={"text": TEXT, "k": 2}).json()["version"] == 1
    go_live(registry.add(folders["own"], "support"))
    wait_until(lambda: ask(client)["version"] == 3)
    wait_until(lambda: not old.is_loaded)


def test_who_holds_the_old_version_is_answered_by_it_to_the_end(client, registry, folders, go_live):
    model = client.context.models.of("support")
    graph = model.artifact.graph
    go_live(registry.add(folders["own"], "support"))
    wait_until(lambda: ask(client)["version"] == 3)
    assert graph.is_loaded
    assert model.artifact.classify([TEXT])[0].label == "card.a"
    del model
    wait_until(lambda: not graph.is_loaded)


def test_a_promotion_without_a_report_is_refused_unless_it_is_forced_with_a_reason(client, registry):
    refused = client.post("/v1/models/support:promote", json={"version": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_judged")
    wordless = client.post("/v1/models/support:promote", json={"version": 2, "force": True})
    assert (wordless.status_code, wordless.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert (ask(client)["version"], registry.aliases("support")["live"]) == (1, 1)
    forced = client.post("/v1/models/support:promote", json={"version": 2, "force": True, "reason": "it is better"})
    assert (forced.status_code, forced.json()["live"]["version"]) == (200, 2)
    assert ask(client)["version"] == 2
    assert registry.log("support")[-1]["reason"] == "it is better"


def test_one_call_rolls_back(client, go_live, registry):
    nothing = client.post("/v1/models/support:rollback", json={})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_before")
    go_live(2)
    wait_until(lambda: ask(client)["version"] == 2)
    answer = client.post("/v1/models/support:rollback", json={"reason": "complaints"})
    assert (answer.status_code, answer.json()["live"]["version"]) == (200, 1)
    assert ask(client)["intent"]["name"] == "card.a"
    assert (registry.aliases("support")["live"], registry.log("support")[-1]["change"]) == (1, "rolled back")


def test_a_poisoned_version_that_went_live_is_refused_while_the_old_one_goes_on(client, registry, go_live, capfd):
    damage(registry, "support/2")
    go_live(2)
    wait_until(lambda: shown(client)["refused"])
    time.sleep(0.3)
    assert (ask(client)["version"], ask(client)["intent"]["name"]) == (1, "card.a")
    ready = client.get("/readyz")
    assert ready.status_code == 200
    line = ready.json()["checks"]["support.model"]["refused"][0]
    assert line.startswith("refused version 2 as live: heads.safetensors: the file is damaged")
    assert str(registry.fetch("support/2")) not in ready.text
    metrics = client.get("/metrics").text
    assert 'trivet_model_refused{model="support",role="live",service="support",version="2"} 1.0' in metrics
    # It is not loaded again at every look.
    assert 'trivet_handovers_total{outcome="refused",service="support"} 1.0' in metrics
    client.context.lines.close()
    log = [json.loads(text) for text in capfd.readouterr().err.splitlines()]
    assert [(line["level"], line["version"]) for line in log if line["event"] == "model refused"] == [("warning", 2)]


def test_a_refused_version_is_tried_again_on_demand_and_once_the_alias_moves(client, registry, folders, go_live):
    damage(registry, "support/2")
    go_live(2)
    wait_until(lambda: shown(client)["refused"])
    shutil.copyfile(folders["b"] / "heads.safetensors", registry.fetch("support/2") / "heads.safetensors")
    time.sleep(0.2)
    assert ask(client)["version"] == 1
    answer = client.post("/v1/models/support:refresh").json()
    assert (answer["live"]["version"], answer["refused"]) == (2, [])
    damage(registry, "support/1")
    registry.rollback("support")
    wait_until(lambda: shown(client)["refused"])
    assert ask(client)["version"] == 2
    go_live(2)
    wait_until(lambda: not shown(client)["refused"])


def test_a_version_that_answers_otherwise_than_when_it_was_saved_is_refused(client, registry, go_live):
    folder = registry.fetch("support/2")
    golden = json.loads((folder / "golden.json").read_text())
    golden["answers"]["fp32"][0]["score"] = 0.01
    (folder / "golden.json").write_text(json.dumps(golden))
    (folder / "SHA256SUMS").unlink()
    write_sums(folder)
    go_live(2)
    wait_until(lambda: shown(client)["refused"])
    assert "does not answer as when it was saved" in shown(client)["refused"][0]["why"]
    assert ask(client)["version"] == 1


def test_what_would_be_refused_is_not_promoted_at_all(client, registry, folders):
    damage(registry, "support/2")
    body = {"version": 2, "force": True, "reason": "I want it"}
    answer = client.post("/v1/models/support:promote", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "artifact_refused")
    assert "heads.safetensors" in answer.json()["detail"]
    assert str(registry.fetch("support/2")) not in answer.text
    embeds = registry.add(folders["embeds"], "support")
    answer = client.post("/v1/models/support:promote", json=body | {"version": embeds})
    assert (answer.status_code, "similarity" in answer.json()["detail"]) == (409, True)
    missing = client.post("/v1/models/support:promote", json=body | {"version": 99})
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "/version")
    assert (registry.aliases("support")["live"], ask(client)["version"]) == (1, 1)


def test_a_server_starts_with_the_last_good_version_where_the_live_one_is_damaged(client, registry, go_live, serve):
    go_live(2)
    damage(registry, "support/2")
    second = serve("support", models={"support": "support@live"})
    assert ask(second)["version"] == 1
    assert "refused version 2" in second.get("/readyz").json()["checks"]["support.model"]["refused"][0]


def test_a_registry_that_cannot_be_read_changes_nothing_and_is_told(client, registry, settings, go_live):
    aliases = settings.home / "registry" / "support" / "aliases.json"
    content = aliases.read_bytes()
    aliases.write_bytes(b"{")
    wait_until(lambda: shown(client)["trouble"])
    assert ask(client)["version"] == 1
    ready = client.get("/readyz")
    assert (ready.status_code, "damaged" in ready.json()["checks"]["support.model"]["registry"]) == (200, True)
    aliases.write_bytes(content)
    wait_until(lambda: not shown(client)["trouble"])
    # An address that does not answer for a while, and then says what it said before.
    there, away = aliases.parent, aliases.parent.with_name(".away")
    there.rename(away)
    there.touch()
    wait_until(lambda: shown(client)["trouble"])
    there.unlink()
    away.rename(there)
    wait_until(lambda: not shown(client)["trouble"])
    go_live(2)
    wait_until(lambda: ask(client)["version"] == 2)


def test_a_canary_answers_its_share_and_a_key_always_gets_the_same_version(client):
    answer = client.post("/v1/models/support:canary", json={"version": 2, "share": 0.5})
    assert (answer.status_code, answer.json()["canary"]["share"]) == (200, 0.5)
    by_key = {f"key{at}": ask(client, **{"X-Canary-Key": f"key{at}"})["version"] for at in range(100)}
    assert 30 <= sum(version == 2 for version in by_key.values()) <= 70
    assert all(ask(client, **{"X-Canary-Key": key})["version"] == version for key, version in by_key.items())
    assert {ask(client)["version"] for _ in range(40)} == {1, 2}
    client.post("/v1/models/support:canary", json={"version": 2, "share": 0.9})
    assert all(ask(client, **{"X-Canary-Key": key})["version"] == 2 for key in by_key if by_key[key] == 2)
    ended = client.post("/v1/models/support:canary", json={"share": 0})
    assert (ended.status_code, ended.json()["canary"]) == (200, None)
    assert {ask(client)["version"] for _ in range(20)} == {1}


def test_a_canary_is_there_after_a_restart_and_over_when_another_version_goes_live(
    client, serve, registry, folders, go_live
):
    client.post("/v1/models/support:canary", json={"version": 2, "share": 1.0})
    second = serve("support", models={"support": "support@live"}, watch_s=0.05)
    wait_until(lambda: ask(second)["version"] == 2)
    go_live(registry.add(folders["c"], "support"))
    for one in (client, second):
        wait_until(lambda one=one: ask(one)["version"] == 3)
        wait_until(lambda one=one: shown(one)["canary"] is None)
    assert client.post("/v1/models/support:rollback", json={}).json()["live"]["version"] == 1
    assert 'role="canary"' not in client.get("/metrics").text
    # One that is set now stands beside what is live now, however often that has moved.
    client.post("/v1/models/support:canary", json={"version": 3, "share": 1.0})
    assert ask(client)["version"] == 3


def test_a_damaged_canary_is_refused_and_the_live_version_answers_all(client, registry):
    damage(registry, "support/2")
    answer = client.post("/v1/models/support:canary", json={"version": 2, "share": 0.5})
    assert (answer.status_code, answer.json()["code"]) == (409, "artifact_refused")
    assert {ask(client)["version"] for _ in range(20)} == {1}
    is_live = client.post("/v1/models/support:canary", json={"version": 1, "share": 0.5})
    assert (is_live.status_code, is_live.json()["code"]) == (409, "is_live")
    for body in ({"share": 0.5}, {"version": 2, "share": 1.5}, {"version": 0, "share": 0.5}):
        assert client.post("/v1/models/support:canary", json=body).status_code == 422


def test_a_shadow_answers_the_same_texts_and_nobody_notices(client, registry):
    assert client.get("/v1/models/support/shadow").status_code == 404
    answer = client.post("/v1/models/support:shadow", json={"version": 2})
    assert (answer.status_code, answer.json()["shadow"]) == (200, 2)
    assert registry.aliases("support")["shadow"] == 2
    texts = [TEXT, "the pin lost", "about my money transfer"]
    assert [ask(client, text)["version"] for text in texts] == [1, 1, 1]
    items = client.post("/v1/parse:batch", json={"texts": texts}).json()["items"]
    assert {item["intent"]["name"] for item in items} == {"card.a", "pin.a", "money.a"}
    wait_until(lambda: client.get("/v1/models/support/shadow").json()["compared"] == 6)
    found = client.get("/v1/models/support/shadow").json()
    # Every label tells its version, so none is the same.
    assert (found["version"], found["agreement"], found["failed"]) == (2, 0.0, 0)
    assert found["differences"][0]["live"].endswith(".a")
    assert found["differences"][0]["shadow"].endswith(".b")
    assert "where is my" not in json.dumps(found)
    assert 'trivet_shadow_total{outcome="differs",service="support",version="2"} 6.0' in client.get("/metrics").text
    threads = shadow_threads()
    assert len(threads) == 1
    assert client.post("/v1/models/support:shadow", json={"version": None}).json()["shadow"] is None
    assert "shadow" not in registry.aliases("support")
    assert not threads & shadow_threads()


def test_a_shadow_that_breaks_or_is_slow_costs_no_answer(client):
    client.post("/v1/models/support:shadow", json={"version": 2})
    shadow = client.context.models.handover("support").traffic.shadow
    shadow.model.artifact.answering = None
    assert ask(client)["version"] == 1
    wait_until(lambda: client.get("/v1/models/support/shadow").json()["failed"] == 1)
    shadow.model.artifact.encode = lambda texts: time.sleep(0.4)
    began = time.monotonic()
    for _ in range(20):
        assert ask(client)["version"] == 1
    assert time.monotonic() - began < 2.0


def test_only_an_operator_may_change_what_answers_for_all_tenants(registry, folders, go_live, serve, keys):
    registry.add(folders["a"], "support")
    registry.add(folders["b"], "support")
    go_live(1)
    _, writer = keys.create(name="w", tenant="acme", scopes=["read", "write", "train"])
    _, admin = keys.create(name="a", tenant="acme", scopes=["admin"])
    _, operator = keys.create(name="o", tenant="*", scopes=["admin"])
    client = serve("support", models={"support": "support@live"}, keys=True)
    bodies = {
        "shadow": {"version": 2},
        "canary": {"version": 2, "share": 0.5},
        "refresh": None,
        "promote": {"version": 2, "force": True, "reason": "r"},
        "rollback": {},
    }
    for verb, body in bodies.items():
        for key in (writer, admin):
            refused = client.post(f"/v1/models/support:{verb}", json=body, headers={"X-API-Key": key})
            assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), verb
    assert client.get("/v1/models", headers={"X-API-Key": admin}).json()["items"][0]["live"]["version"] == 1
    for verb, body in bodies.items():
        done = client.post(f"/v1/models/support:{verb}", json=body, headers={"X-API-Key": operator})
        assert done.status_code == 200, f"{verb}: {done.text}"


def test_a_folder_is_served_as_it_is(serve):
    client = serve("support")
    assert shown(client)["follows"] == ""
    for verb, body in {"promote": {"version": 2}, "rollback": {}, "canary": {"version": 2, "share": 1}}.items():
        answer = client.post(f"/v1/models/support:{verb}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_followed")
    assert client.post("/v1/models/nothing:rollback", json={}).status_code == 404
    assert client.post("/v1/models/support:refresh").json()["live"]["version"] == 0


def test_a_registry_at_another_address_is_followed_too(folders, serve, settings):
    remote = Registry("memory://hand-over", settings.cache)
    for name in "ab":
        remote.add(folders[name], "support")
    remote.make_live("support", 1, Verdict(passed_over="a test"))
    client = serve("support", models={"support": "support@live"}, watch_s=0.05, registry="memory://hand-over")
    assert ask(client)["version"] == 1
    assert client.post("/v1/models/support:canary", json={"version": 2, "share": 1}).status_code == 200
    assert ask(client)["version"] == 2
    remote.make_live("support", 2, Verdict(passed_over="a test"))
    wait_until(lambda: shown(client)["live"]["version"] == 2)
    assert shown(client)["canary"] is None
