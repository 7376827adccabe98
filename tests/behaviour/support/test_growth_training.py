"""A tenant's examples become a model of its own, which then answers without them; and a gate keeps the old answers."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from trivet.artifact.artifact import Artifact
from trivet.registry.registry import Registry
from trivet.registry.verdict import Verdict
from trivet_service.testing import wait_until

PROGRAM = [sys.executable, "-c", "from trivet.cli.main import run; run()"]
OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")
ENDINGS = ("", " late", " please", " now", " today", " again")
TOPICS = {"card_arrival": "card arrive", "lost_pin": "pin forgot", "transfer": "money transfer"}
MEETING = [f"{opening} annual meeting{ending}" for opening in OPENINGS for ending in ("", " today", " now")]
ASKED = "the annual meeting please"


# What is stored here is what test_growth.py stores on both; the rest is work of a worker, which takes its time.
@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def place(request, encoder, tmp_path_factory):
    """The environment of servers and workers over one home whose live model learnt a data set that is there."""
    folder = tmp_path_factory.mktemp("training")
    rows = folder / "bank.csv"
    lines = [
        f"{opening} {topic}{ending},{label}"
        for label, topic in TOPICS.items()
        for opening in OPENINGS
        for ending in ENDINGS
    ]
    rows.write_text("\n".join(["text,label", *lines, ""]), encoding="utf-8")
    examples = {label: [line.rsplit(",", 1)[0] for line in lines if line.endswith(label)] for label in TOPICS}
    saved = encoder.save_classifier(folder / "support", examples, dataset=str(rows))
    registry = Registry(str(folder / "home" / "registry"), folder / "cache")
    registry.make_live("support", registry.add(saved, "support"), Verdict(passed_over="a test"))
    models = folder / "models"
    models.mkdir()
    (models / "tiny").symlink_to(encoder.source.path)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")} | {
        "TRIVET_HOME": str(folder / "home"),
        "TRIVET_CACHE": str(folder / "cache"),
        "TRIVET_MODELS": str(models),
        "TRIVET_WATCH_S": "0.2",
        "TRIVET_THREADS": "1",
    }
    if request.param == "sqlite":
        yield environment | {"TRIVET_DATABASE_URL": f"sqlite:///{folder / 'store.db'}"}
        return
    with request.getfixturevalue("postgres").database() as url:
        yield environment | {"TRIVET_DATABASE_URL": url}


@contextmanager
def working(environment):
    """A worker that does jobs within the block."""
    worker = subprocess.Popen(
        [*PROGRAM, "worker", "--poll", "0.1"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        worker.kill()
        worker.wait()


def test_a_gate_keeps_old_answers_and_a_trained_model_answers_without_the_examples(place, served):
    with served("support", "--insecure", environment=place) as one:
        client = httpx.Client(base_url=one.address, timeout=60)
        assert client.post("/v1/train", json={"mode": "head"}).json()["code"] == "invalid", "there is nothing to learn"
        client.put("/v1/intents/assembly", json={"description": "asks when we meet"}).raise_for_status()
        lacking = client.post("/v1/train", json={"mode": "head"})
        assert lacking.status_code == 422
        assert "'assembly'" in lacking.json()["detail"]

        def effect_of(texts):
            dry = client.put("/v1/intents/assembly", json={"examples": texts}, params={"dry_run": True})
            assert dry.status_code == 200, dry.text
            assert not dry.json()["stored"]
            return dry.json()["effect"]

        effect = wait_until(lambda: (found := effect_of(MEETING))["footing"] == "ready" and found, seconds=60)
        assert effect["held_out"]["rows"] > 20
        assert effect["passes"], effect
        put = client.put("/v1/intents/assembly", json={"examples": MEETING})
        assert put.status_code == 200, put.text
        assert client.get("/v1/intents/assembly/effect").json()["held_out"]["rows"] == effect["held_out"]["rows"]

        # Messages that the model answers already, and rightly.
        theft = [f"{opening} card arrive{ending}" for opening in OPENINGS for ending in ENDINGS]
        refused = client.put("/v1/intents/theft", json={"examples": theft})
        assert (refused.status_code, refused.json()["code"]) == (409, "gate_refused"), refused.text
        assert "card_arrival" in refused.json()["detail"]
        assert client.get("/v1/intents/theft").status_code == 404
        unreasoned = client.put("/v1/intents/theft", json={"examples": theft}, params={"force": True})
        assert unreasoned.status_code == 422
        forced = client.put(
            "/v1/intents/theft", json={"examples": theft}, params={"force": True, "reason": "a new product"}
        )
        assert forced.json()["stored"], forced.text
        assert not forced.json()["effect"]["passes"]
        [entry] = client.get("/v1/audit", params={"action": "intent.forced"}).json()["items"]
        assert entry["detail"]["reason"] == "a new product"
        client.delete("/v1/intents/theft").raise_for_status()

        with_examples = client.post("/v1/parse", json={"text": ASKED}).json()
        assert with_examples["intent"]["name"] == "assembly"
        body = {
            "mode": "head",
            "overrides": {
                "encoder.name": "tiny",
                "export.precision": "fp32",
                "task.max_tokens": 32,
                "method.expansion": 256,
            },
        }
        asked = client.post("/v1/train", json=body)
        assert asked.status_code == 202, asked.text
        with working(place):

            def ended():
                job = client.get(asked.headers["location"]).json()
                return job["status"] in ("succeeded", "failed") and job

            job = wait_until(ended, seconds=300)
        assert job["status"] == "succeeded", job
        assert job["result"]["gathered"]["own"] == len(MEETING)
        version = job["result"]["version"]
        trained = Artifact.load(f"{place['TRIVET_HOME']}/registry/support/{version}", threads=1)
        assert set(trained.facts.labels) == {*TOPICS, "assembly"}
        trained.close()
        promoted = client.post("/v1/models/support:promote", json={"version": version, "accept_licence": True})
        assert promoted.status_code == 200, promoted.text
        parsed = wait_until(
            lambda: (found := client.post("/v1/parse", json={"text": ASKED}).json())["version"] == version and found
        )
        assert parsed["intent"]["name"] == "assembly"
        assert parsed["promise"] is not None, "the model knows the examples: nothing stands beside it"
        assert client.get("/v1/intents/assembly").json()["known_by"] == "both"
        # What comes after the training does stand beside it.
        client.post("/v1/intents/assembly/examples", json={"examples": ["new chairman today"]}).raise_for_status()
        assert client.post("/v1/parse", json={"text": ASKED}).json()["promise"] is None
