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
def switch(environment):
    """The command; one JSON document comes back, or the one line that it refuses with."""

    def run(*words: str, ok: bool = True):
        command = [*PROGRAM, "switch", *map(str, words), "--set", "encoder.name=tiny", "--json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == (0 if ok else 2), done.stderr[-3000:]
        return json.loads(done.stdout) if ok else done.stderr.strip().splitlines()[-1]

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


def test_a_bot_of_rasa_is_switched_compared_and_answers_its_own_client(switch, bot, served, environment):
    told = switch("rasa", bot, "--accept-licence")
    assert told["intents"] == sorted(TOPICS)
    assert told["model"]["aliases"] == ["live"], told["model"]["refused"]
    peer, score = told["peer"], told["model"]["report"]["metrics"]["accuracy"]
    assert peer["shared"] == peer["judged"] == told["model"]["report"]["rows"]
    assert peer["ours"] == pytest.approx(score["value"])
    assert peer["low"] < peer["score"] < peer["high"] < 1
    assert peer["test"]["verdict"] == "superior"
    *_, line = told["next"]
    assert "nlu: {url: http://127.0.0.1:8800/compat/rasa/, token: YOUR-KEY}" in line
    with served("support", "--rasa", "--insecure", environment=environment) as one:
        said = httpx.post(f"{one.address}/model/parse", json={"text": "where is my card arrive", "message_id": "s"})
        told = said.json()
    assert {one["name"] for one in told["intent_ranking"]} - {"nlu_fallback"} == {"faq", "transfer"}
    assert told["response_selector"]["all_retrieval_intents"] == ["faq"]
    assert told["response_selector"]["faq"]["response"]["intent_response_key"] == "faq/card"


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


def test_files_of_clinc_tables_and_projects_of_setfit_are_switched_too(switch_here, tmp_path):
    rows = messages()
    parts = {"train": rows[1::2], "test": rows[::2], "oos_test": [["nothing at all", "oos"]]}
    (tmp_path / "clinc.json").write_text(json.dumps(parts))
    predictions = "text,predicted\n" + "\n".join(f"{text},{label}" for text, label in rows[::2])
    (tmp_path / "predictions.csv").write_text(predictions)
    told = switch_here("clinc", tmp_path / "clinc.json", "--predictions", tmp_path / "predictions.csv")
    assert told["peer"]["score"] == 1.0
    assert told["rows"] == {"train": 72, "test": 72, "out_of_scope_test": 1}
    project = tmp_path / "project"
    project.mkdir()
    for name, part in (("train", rows[1::2]), ("test", rows[::2])):
        body = "\n".join(json.dumps({"text": text, "label": label}) for text, label in part)
        (project / f"{name}.jsonl").write_text(body)
    (project / "metrics.json").write_text('{"accuracy": 0.75}')
    told = switch_here("setfit", project, "--name", "support--acme")
    assert (told["peer"]["score"], told["peer"]["rows"], told["peer"]["test"]) == (0.75, 72, None)
    assert told["model"]["reference"] == "support--acme/1"


def test_what_cannot_be_switched_is_said_in_one_line(switch, tmp_path):
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - hey\n   - ho\n")
    (tmp_path / "rows.csv").write_text("text,label\nhi,a\n")
    assert f"{tmp_path}/nlu.yml:5: is no YAML" in switch("rasa", tmp_path, ok=False)
    assert "leave nothing to tell apart" in switch("csv", tmp_path / "rows.csv", ok=False)
