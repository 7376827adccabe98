"""`trivet switch`: what a bot of Rasa, a file, a table or a project with SetFit holds becomes a model that answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest
from typer.main import get_command

from trivet.cli.main import app
from trivet.errors import DataError

PROGRAM = (sys.executable, "-c", "from trivet.cli.main import run; run()")
TOPICS = {"faq/card": "card arrive", "faq/pin": "pin forgot", "transfer": "money transfer"}
OPENINGS = ("where is my", "the", "my", "a new", "please my", "help with", "about my", "problem with")
ENDINGS = ("", " late", " please", " now", " today", " again")


def messages():
    return [(f"{one} {topic}{end}", label) for label, topic in TOPICS.items() for one in OPENINGS for end in ENDINGS]


@pytest.fixture
def environment(encoder, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny").symlink_to(encoder.source.path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRIVET_")}
    return kept | {
        "TRIVET_HOME": str(tmp_path / "home"),
        "TRIVET_CACHE": str(tmp_path / "cache"),
        "TRIVET_MODELS": str(tmp_path / "models"),
        "TRIVET_THREADS": "1",
    }


@pytest.fixture
def switch_here(environment, monkeypatch, capsys):
    """The command in this process, which has loaded what training needs."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str):
        words = ["switch", *map(str, words), "--set", "encoder.name=tiny", "--json"]
        get_command(app).main(words, standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def bot(tmp_path):
    """A bot of ours, and what Rasa would have written about it: it gets every third message wrong."""
    folder = tmp_path / "bot"
    (folder / "data").mkdir(parents=True)
    (folder / "results").mkdir()
    lines = ['version: "3.1"', "nlu:"]
    for label in TOPICS:
        lines += [f"- intent: {label}", "  examples: |"]
        lines += [f"    - {text.replace('card', '[card](thing)')}" for text, of in messages() if of == label]
    (folder / "data" / "nlu.yml").write_text("\n".join(lines) + "\n")
    (folder / "domain.yml").write_text("intents: [transfer, faq]\nentities: [thing]\n")
    wrong = [
        {"text": text, "intent": label, "intent_prediction": {"name": "greet", "confidence": 0.4}}
        for text, label in messages()[::3]
    ]
    right = [
        {"text": text, "intent": label, "intent_prediction": {"name": label, "confidence": 0.9}}
        for at, (text, label) in enumerate(messages())
        if at % 3
    ]
    (folder / "results" / "intent_errors.json").write_text(json.dumps(wrong))
    (folder / "results" / "intent_successes.json").write_text(json.dumps(right))
    return folder


def test_a_bot_of_rasa_is_switched_compared_and_answers_its_own_client(switch_here, bot, served, environment, tmp_path):
    told = switch_here("rasa", bot, "--accept-licence")
    assert told["intents"] == sorted(TOPICS)
    assert told["model"]["aliases"] == ["live"], told["model"]["refused"]
    peer, score = told["peer"], told["model"]["report"]["metrics"]["accuracy"]
    assert peer["shared"] == peer["judged"] == told["model"]["report"]["rows"]
    assert peer["ours"] == pytest.approx(score["value"])
    assert peer["low"] < peer["score"] < peer["high"] < 1
    assert peer["test"]["verdict"] == "superior"
    *_, line = told["next"]
    assert "nlu: {url: http://127.0.0.1:8800/compat/rasa/, token: YOUR-KEY}" in line
    declared = (tmp_path / "home" / "switched" / "support" / "entities" / "thing.json").read_text()
    with served("support", "--rasa", "--insecure", environment=environment) as one:
        assert httpx.put(f"{one.address}/v1/entities/thing", content=declared).status_code == 200
        said = httpx.post(f"{one.address}/model/parse", json={"text": "where is my card arrive", "message_id": "s"})
        told = said.json()
    assert {one["name"] for one in told["intent_ranking"]} - {"nlu_fallback"} == {"faq", "transfer"}
    assert told["response_selector"]["all_retrieval_intents"] == ["faq"]
    [entity] = told["entities"]
    assert (entity["entity"], entity["value"], entity["start"], entity["end"]) == ("thing", "card", 12, 16)
    assert told["response_selector"]["faq"]["response"]["intent_response_key"] == "faq/card"


def test_a_file_of_clincs_shape_is_switched_and_compared_with_predictions(switch_here, tmp_path):
    rows = messages()
    parts = {"train": rows[1::2], "test": rows[::2], "oos_test": [["nothing at all", "oos"]]}
    (tmp_path / "clinc.json").write_text(json.dumps(parts))
    predictions = "text,predicted\n" + "\n".join(f"{text},{label}" for text, label in rows[::2])
    (tmp_path / "predictions.csv").write_text(predictions)
    told = switch_here("clinc", tmp_path / "clinc.json", "--predictions", tmp_path / "predictions.csv")
    assert told["peer"]["score"] == 1.0
    assert told["rows"] == {"train": 72, "test": 72, "out_of_scope_test": 1}


@pytest.mark.slow
def test_a_project_with_setfit_is_switched_for_one_tenant(switch_here, tmp_path):
    rows = messages()
    project = tmp_path / "project"
    project.mkdir()
    for name, part in (("train", rows[1::2]), ("test", rows[::2])):
        body = "\n".join(json.dumps({"text": text, "label": label}) for text, label in part)
        (project / f"{name}.jsonl").write_text(body)
    (project / "metrics.json").write_text('{"accuracy": 0.75}')
    told = switch_here("setfit", project, "--name", "support--acme")
    assert (told["peer"]["score"], told["peer"]["rows"], told["peer"]["test"]) == (0.75, 72, None)
    assert told["model"]["reference"] == "support--acme/1"


def test_what_cannot_be_switched_is_said_in_one_line(environment, tmp_path):
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - hey\n   - ho\n")
    command = [*PROGRAM, "switch", "rasa", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.strip().splitlines()
    assert f"{tmp_path}/nlu.yml:5: is no YAML" in line


def test_intents_that_cannot_be_told_apart_are_refused(switch_here, tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\nhi,a\n")
    with pytest.raises(DataError, match="leave nothing to tell apart"):
        switch_here("csv", tmp_path / "rows.csv")
