"""Every list, of a service or of the kit in it, comes in pages of one form and refuses a cursor that it never gave."""

from __future__ import annotations

import json

import httpx
import pytest

from trivet_service.app import create_app
from trivet_service.commands.openapi import describe_service
from trivet_service.context import open_context
from trivet_service.models import Models
from trivet_service.retries import HEADER, writes
from trivet_service.service import find_service, service_names
from trivet_service.settings import ServiceSettings


@pytest.fixture(params=service_names())
def name(request):
    return request.param


@pytest.fixture
def spec(name):
    return json.loads(describe_service(name))


def resolve(spec: dict, schema: dict) -> dict:
    return spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def parameters(operation: dict) -> dict[str, dict]:
    return {one["name"]: one for one in operation.get("parameters", ())}


def lists(spec: dict) -> dict[str, dict]:
    """Every operation that answers page by page, by path."""
    found = {path: verbs["get"] for path, verbs in spec["paths"].items() if "get" in verbs}
    return {path: operation for path, operation in found.items() if "cursor" in parameters(operation)}


def test_recommend_lists_its_items():
    assert "/v1/items" in lists(json.loads(describe_service("recommend")))


def test_a_page_is_items_and_a_cursor(spec):
    for path, operation in lists(spec).items():
        assert {"cursor", "limit"} <= set(parameters(operation)), path
        assert {"minimum", "maximum", "default"} <= set(parameters(operation)["limit"]["schema"]), path
        page = resolve(spec, operation["responses"]["200"]["content"]["application/json"]["schema"])
        assert {"items", "next_cursor"} <= set(page["properties"]), path
        assert {"items", "next_cursor"} <= set(page["required"]), path
        assert page["properties"]["items"]["type"] == "array", path


@pytest.mark.anyio
async def test_a_cursor_that_it_never_gave_is_refused_before_anything_is_read(name, spec, tmp_path):
    settings = ServiceSettings(home=tmp_path)
    app = create_app([find_service(name)], open_context(settings, Models(settings, {}), keys=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path in lists(spec):
            for query in ({"cursor": "made-up"}, {"limit": "0"}, {"cursor": "WzEsMl0", "limit": "5"}):
                answer = await client.get(path.replace("{", "").replace("}", ""), params=query)
                assert answer.status_code == 422, f"{path} {query}: {answer.text}"
                assert answer.json()["errors"], path


def test_every_write_takes_a_key_under_which_it_is_done_once(spec):
    for path, verb in writes(spec):
        operation = spec["paths"][path][verb]
        assert parameters(operation)[HEADER]["in"] == "header", f"{verb} {path}"
        assert "409" in operation["responses"], f"{verb} {path}"


@pytest.fixture
def anyio_backend():
    return "asyncio"
