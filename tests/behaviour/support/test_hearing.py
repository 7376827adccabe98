"""Messages that are typed hastily, over HTTP: read as if plainly typed, where the words that were learnt are known."""

from __future__ import annotations

import csv
import os
import subprocess
import sys

import pytest

from trivet_service.testing import wait_until

OPENINGS = ("where is my", "the", "my", "a new", "help with", "about my", "problem with")
TOPICS = {
    "card_arrival": ("card arrive", "card delivery"),
    "lost_pin": ("pin forgot", "pin lost"),
    "transfer": ("money transfer", "transfer bank"),
}
HASTY = {
    "hi there, my transfer bannk, thanks!": "transfer",
    "where is my crad delivvery 🙏": "card_arrival",
    "about my pin forgott please": "lost_pin",
}


@pytest.fixture
def model(encoder, tmp_path):
    """A classifier whose rows lie in a file beside it."""
    rows = {label: [f"{opening} {one}" for one in said for opening in OPENINGS] for label, said in TOPICS.items()}
    path = tmp_path / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows([text, label] for label, texts in rows.items() for text in texts)
    return encoder.save_classifier(tmp_path / "support", rows, dataset=str(path))


def read(client) -> list[str]:
    answer = client.post("/v1/parse:batch", json={"texts": list(HASTY)})
    assert answer.status_code == 200, answer.text
    return [one["intent"]["name"] for one in answer.json()["items"]]


def test_slips_politeness_and_emoji_change_nothing_once_the_words_are_counted(serve, model, settings):
    with_words = serve("support", models={"support": model})
    plain = with_words.post("/v1/parse", json={"text": "my transfer bank"}).json()
    wait_until(lambda: list((settings.cache / "words").glob("*.json")), seconds=60)
    wait_until(lambda: read(with_words) == list(HASTY.values()))
    hasty = with_words.post("/v1/parse", json={"text": "hi there, my transfer bannk, thanks!"}).json()
    assert hasty["intent"] == plain["intent"]
    # Another server finds what was counted, and needs the rows no more.
    (model.parent / "rows.csv").unlink()
    assert read(serve("support", models={"support": model})) == list(HASTY.values())


def test_a_model_whose_rows_are_gone_or_whose_words_are_damaged_answers_as_typed(serve, model, settings):
    from trivet.artifact.artifact import Artifact
    from trivet_support.hearing.vocabulary import cache_place

    artifact = Artifact.load(model)
    place = cache_place(artifact, settings)
    artifact.close()
    (model.parent / "rows.csv").unlink()
    place.parent.mkdir(parents=True)
    place.write_text('{"card": 1')
    client = serve("support", models={"support": model})
    assert client.post("/v1/parse", json={"text": "hello, my crad"}).status_code == 200
    assert not place.exists()
    assert client.post("/v1/parse", json={"text": "my card"}).json()["decision"]


def test_a_model_of_another_task_has_no_suite(artifacts, tmp_path):
    program = "from trivet.cli.main import run; run()"
    environment = os.environ | {"TRIVET_HOME": str(tmp_path / "home"), "TRIVET_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", program, "suite", "support", str(artifacts["recommend"])],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "it does not tell intents apart: its task is similarity. Judge a model of the task" in done.stderr
