"""What every installed service promises to the kit, the command line and its callers."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from trivet.data.cards import list_cards
from trivet.recipe import read_recipe
from trivet_service.app import create_app
from trivet_service.commands.openapi import check_files, describe_service
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.service import find_service, service_names
from trivet_service.settings import ServiceSettings

COMMITTED = Path(__file__).parents[3] / "docs" / "openapi"
SERVICES = service_names()
VERBS = {"get", "post", "put", "patch", "delete"}


def operations(spec: dict) -> list[tuple[str, str, dict]]:
    return [
        (verb, path, operation)
        for path, verbs in spec["paths"].items()
        for verb, operation in verbs.items()
        if verb in VERBS
    ]


def own_operations(spec: dict, name: str) -> list[tuple[str, str, dict]]:
    """Those that the service brings; the others are the kit's."""
    return [(verb, path, operation) for verb, path, operation in operations(spec) if operation["tags"] == [name]]


def fill(path: str, operation: dict) -> str:
    """The path with the examples of its parameters."""
    for parameter in operation.get("parameters", []):
        shown = parameter.get("examples") or parameter["schema"].get("examples")
        if parameter["in"] == "path" and shown:
            path = path.replace(f"{{{parameter['name']}}}", str(shown[0]))
    return path


@pytest.fixture(params=SERVICES)
def name(request):
    return request.param


@pytest.fixture
def spec(name):
    return json.loads(describe_service(name))


@pytest.fixture
def app(tmp_path, name):
    """Makes the service's app; its model is not loaded."""

    def make(*, keys=False):
        settings = ServiceSettings(home=tmp_path)
        return create_app([find_service(name)], open_context(settings, Models(settings, {}), keys=keys))

    return make


@pytest.fixture
def anyio_backend():
    return "asyncio"


def test_the_three_legs_are_installed():
    assert {"support", "finance", "recommend"} <= set(SERVICES)


def test_it_goes_by_the_name_of_its_entry_point_and_says_what_it_is(name):
    service = find_service(name)
    assert service.name == name
    assert service.title


def test_its_recipes_are_readable_and_train_a_model_of_its_name(name):
    recipes = {path.stem: read_recipe(path) for path in find_service(name).recipes.glob("*.toml")}
    assert "default" in recipes
    assert {recipe.name for recipe in recipes.values()} == {name}


def test_its_recipes_train_on_its_samples(name):
    service = find_service(name)
    assert read_recipe(service.recipes / "default.toml").data.dataset == service.dataset
    assert service.dataset in {card.name for card in list_cards()}


def test_its_openapi_file_is_the_committed_one(name):
    committed = (COMMITTED / f"{name}.json").read_text(encoding="utf-8")
    todo = "run `python -m trivet_service.commands.openapi docs/openapi` and look at the difference"
    assert describe_service(name) == committed, todo


def test_it_breaks_nothing_that_was_released(name):
    todo = "undo it, or give it a path of its own; docs/openapi/README.md says what a release promises"
    assert [str(one) for one in check_files(COMMITTED).get(name, [])] == [], todo


def test_its_openapi_file_is_version_3_1(spec):
    assert spec["openapi"].startswith("3.1")


def test_every_operation_has_a_summary_and_examples_of_what_goes_in_and_out(spec):
    schemas = spec["components"]["schemas"]

    def shown(media: dict) -> bool:
        if "examples" in media or "example" in media:
            return True
        schema = media["schema"]
        choices = [one.get("items", one) for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
        return all("examples" in schemas[choice["$ref"].rsplit("/", 1)[1]] or _plain(choice) for choice in choices)

    def _plain(choice: dict) -> bool:
        properties = schemas[choice["$ref"].rsplit("/", 1)[1]].get("properties", {})
        return all("examples" in value for value in properties.values())

    for verb, path, operation in operations(spec):
        assert operation["summary"], path
        if "requestBody" in operation:
            # A file that is uploaded has a type of its own.
            bodies = operation["requestBody"]["content"]
            assert any("examples" in one or "example" in one for one in bodies.values()), f"{verb} {path}"
        media = next(answer for status, answer in operation["responses"].items() if status[0] == "2").get("content", {})
        assert all(shown(one) for kind, one in media.items() if kind == "application/json"), f"{verb} {path}"


@pytest.mark.anyio
async def test_every_example_of_a_request_gets_as_far_as_the_model(spec, app, name):
    """There is none here, so what gets there ends in an error of ours, and nothing before it refuses the example."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://test") as client:
        for verb, path, operation in own_operations(spec, name):
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in body.get("examples", {}).values():
                answer = await client.request(verb.upper(), fill(path, operation), json=example["value"])
                assert answer.status_code in (500, 503), f"{verb} {path}: {answer.text}"


def test_errors_are_problems_in_every_operation_under_v1(spec):
    assert "HTTPValidationError" not in json.dumps(spec)
    for verb, path, operation in operations(spec):
        # On the paths of another API errors have its shape.
        if path.startswith("/v1/") and "openai" not in operation["tags"]:
            for status in ("400", "401", "403", "413", "422", "429", "500"):
                content = operation["responses"][status]["content"]
                assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}, (
                    f"{verb} {path} {status}"
                )


def test_every_operation_under_v1_asks_for_a_key(spec):
    for verb, path, operation in operations(spec):
        assert bool(operation.get("security")) == path.startswith("/v1/"), f"{verb} {path}"


def test_no_two_services_share_a_path():
    paths = [
        path
        for name in SERVICES
        for path in {path for _, path, _ in own_operations(json.loads(describe_service(name)), name)}
    ]
    assert len(paths) == len(set(paths))


@pytest.mark.anyio
async def test_without_a_key_every_operation_refuses(spec, app):
    transport = httpx.ASGITransport(app(keys=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for verb, path, _ in operations(spec):
            if path.startswith("/v1/"):
                answer = await client.request(verb.upper(), path, json={})
                found = answer.json()
                code = found["code"] if "code" in found else found["error"]["code"]
                assert (answer.status_code, code.endswith(("unauthorised", "api_key"))) == (401, True), f"{verb} {path}"
