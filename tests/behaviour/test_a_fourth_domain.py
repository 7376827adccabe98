"""A domain that only classifies is a recipe and a few lines: here legal clauses, as somebody else would add them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import module_from_spec, spec_from_file_location

import httpx
import pytest

from trivet.recipe import read_recipe
from trivet_service.app import create_app
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.testing import running
from trivet_service.tiny import TinyEncoder

SERVICE = '''"""Legal: what kind of clause this is."""

from __future__ import annotations

from pathlib import Path

from trivet_service.classification import classification_service

service = classification_service(
    name="clauses",
    title="Kinds of contract clauses",
    recipes=Path(__file__).parent / "recipes",
    dataset="clauses.csv",
    example="Either party may terminate this agreement with thirty days notice.",
)
'''
RECIPE = """name = "clauses"

[data]
dataset = "clauses.csv"
"""
PYPROJECT = 'clauses = "trivet_clauses.service:service"'
PROGRAM = "from trivet.cli.main import run; run()"
CLAUSES = {
    "termination": ("party may terminate", "agreement ends"),
    "payment": ("invoice is due", "price shall be paid"),
    "liability": ("liability is limited", "no damages"),
}
OPENINGS = ("", "the", "this", "either", "each", "any", "such", "every", "a", "no")


@pytest.fixture
def domain(tmp_path, monkeypatch):
    folder = tmp_path / "trivet_clauses"
    (folder / "recipes").mkdir(parents=True)
    (folder / "service.py").write_text(SERVICE)
    (folder / "recipes" / "default.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    spec = spec_from_file_location("trivet_clauses.service", folder / "service.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.service
    sys.modules.pop("trivet_clauses.service", None)


@pytest.fixture
def examples():
    return {
        label: [
            f"{first} {wording} {second}".strip() for wording in wordings for first in OPENINGS for second in OPENINGS
        ]
        for label, wordings in CLAUSES.items()
    }


@pytest.fixture
def installed(domain, examples, tmp_path):
    """Surroundings in which the domain is an installed distribution, with rows of its own in `clauses.csv`."""
    facts = tmp_path / "trivet_clauses-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: trivet-clauses\nVersion: 1\n")
    (facts / "entry_points.txt").write_text(f"[trivet.services]\n{PYPROJECT.replace(chr(34), '')}\n")
    with (tmp_path / "clauses.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        # Every seventh wording: enough to learn from, and quick to read.
        rows.writerows((text, label) for label, texts in examples.items() for text in texts[::7])
    own = {"PYTHONPATH": str(tmp_path), "TRIVET_HOME": str(tmp_path / "home"), "TRIVET_REGISTRY": ""}
    return os.environ | own


@pytest.fixture
def artifact(examples, tmp_path):
    words = {word for texts in examples.values() for text in texts for word in text.split()}
    return TinyEncoder.make(tmp_path / "encoder", sorted(words)).save_classifier(tmp_path / "clauses", examples)


def test_it_takes_at_most_sixty_lines_and_one_in_pyproject():
    assert len(SERVICE.splitlines()) + len(RECIPE.splitlines()) <= 60
    assert len(PYPROJECT.splitlines()) == 1


def test_its_recipe_is_read_as_any_other(domain):
    assert read_recipe(domain.recipes / "default.toml").name == domain.name


def test_it_answers_over_http_with_all_that_the_kit_gives(domain, artifact, settings):
    context = open_context(settings, Models(settings, {domain.name: str(artifact)}), keys=False)
    with ExitStack() as stack:
        base = stack.enter_context(running(create_app([domain], context)))
        client = stack.enter_context(httpx.Client(base_url=base))
        answer = client.post("/v1/clauses", json={"text": "either party may terminate this", "top": 2})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["label"], found["decision"], len(found["ranking"])) == ("termination", "answer", 2)
        assert (found["model"], found["version"]) == ("clauses", 0)
        many = client.post("/v1/clauses:batch", json={"texts": ["the price shall be paid", "no damages such"]}).json()
        assert [item["label"] for item in many["items"]] == ["payment", "liability"]
        assert client.post("/v1/clauses", json={"txt": "a"}).json()["errors"][0]["pointer"] == "/text"
        assert client.get("/readyz").json()["checks"]["clauses.model"]["ok"]
        assert 'service="clauses"' in client.get("/metrics").text
        operation = client.get("/openapi.json").json()["paths"]["/v1/clauses"]["post"]
        assert operation["requestBody"]["content"]["application/json"]["examples"]


def test_its_users_train_it_and_serve_what_they_trained(installed, served):
    command = [sys.executable, "-c", PROGRAM, "train", "clauses", "--json"]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    trained = json.loads(done.stdout)
    assert (trained["reference"], trained["aliases"]) == ("clauses/1", ["live"])
    assert trained["report"]["metrics"]["accuracy"]["value"] > 0.9
    with served("clauses", "--insecure", environment=installed) as server:
        body = {"text": "the invoice is due within a month"}
        found = httpx.post(f"{server.address}/v1/clauses", json=body, timeout=30).json()
        assert (found["label"], found["model"], found["version"]) == ("payment", "clauses", 1)
        assert httpx.get(f"{server.address}/readyz").json()["checks"]["clauses.model"]["ok"]
