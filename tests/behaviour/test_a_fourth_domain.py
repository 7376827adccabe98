"""A domain that only classifies is a recipe and a few lines: here legal clauses, as somebody else would add them."""

from __future__ import annotations

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
def artifact(tmp_path):
    examples = {
        label: [
            f"{first} {wording} {second}".strip() for wording in wordings for first in OPENINGS for second in OPENINGS
        ]
        for label, wordings in CLAUSES.items()
    }
    words = {word for texts in examples.values() for text in texts for word in text.split()}
    return TinyEncoder.make(tmp_path / "encoder", sorted(words)).save_classifier(tmp_path / "clauses", examples)


def test_it_takes_at_most_sixty_lines_and_one_in_pyproject():
    assert len(SERVICE.splitlines()) + len(RECIPE.splitlines()) <= 60
    assert len(PYPROJECT.splitlines()) == 1


def test_its_recipe_is_read_as_any_other(domain):
    assert read_recipe(domain.recipes / "default.toml").name == domain.name


def test_it_answers_over_http_with_all_that_the_kit_gives(domain, artifact, settings):
    context = open_context(settings, Models(settings, {domain.name: str(artifact)}), keys=None)
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
