"""What a change of the OpenAPI file breaks is listed with its place, and what breaks nothing is not."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from trivet_service.breaking import find_breaks
from trivet_service.commands.openapi import check_files, main

RELEASED = Path(__file__).parents[3] / "docs" / "openapi" / "released"

OLD = {
    "paths": {
        "/v1/ask": {
            "post": {
                "security": [{"ApiKey": []}],
                "parameters": [
                    {"in": "query", "name": "top", "schema": {"type": "integer", "minimum": 1, "maximum": 10}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}},
                    "required": True,
                },
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
                        "headers": {"X-Request-Id": {}},
                    },
                    "422": {"description": "bad"},
                },
            }
        },
        "/livez": {"get": {"responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Asked": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "minLength": 1, "maxLength": 100},
                    "kind": {"enum": ["a", "b"], "type": "string"},
                    "names": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "inner": {"$ref": "#/components/schemas/Asked"},
                },
            },
            "Answer": {
                "type": "object",
                "required": ["label", "decision"],
                "properties": {
                    "label": {"type": "string"},
                    "decision": {"enum": ["yes", "no"], "type": "string"},
                    "score": {"type": "number"},
                    "chances": {"type": "object", "additionalProperties": {"type": "number"}},
                    "rows": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
                },
            },
        }
    },
}
ASKED = ("components", "schemas", "Asked")
ANSWER = ("components", "schemas", "Answer")
POST = ("paths", "/v1/ask", "post")
TOP = "/paths/~1v1~1ask/post"
BODY = f"{TOP}/requestBody/content/application~1json/schema"
REPLY = f"{TOP}/responses/200/content/application~1json/schema"
ASK, SAID = f"{BODY}/properties", f"{REPLY}/properties"
EITHER = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def changed(*steps) -> dict:
    """A copy with every (place..., value) set; the value None removes what is there."""
    new = copy.deepcopy(OLD)
    for *place, last, value in steps:
        node = new
        for part in place:
            node = node[part]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return new


def found(new: dict) -> list[tuple[str, str]]:
    return [(one.pointer, one.what) for one in find_breaks(OLD, new)]


@pytest.mark.parametrize(
    ("step", "pointer", "said"),
    [
        (("paths", "/livez", None), "/paths/~1livez", "gone"),
        ((*POST[:2], "post", None), "/paths/~1v1~1ask/post", "gone"),
        (("paths", "/livez", "get", "security", [{"ApiKey": []}]), "/paths/~1livez/get/security", "key"),
        ((*POST, "parameters", []), "/paths/~1v1~1ask/post/parameters/top", "gone"),
        ((*POST, "parameters", 0, "required", True), "/paths/~1v1~1ask/post/parameters/top", "required"),
        ((*POST, "parameters", 0, "schema", "maximum", 5), "/paths/~1v1~1ask/post/parameters/top/schema/maximum", "10"),
        ((*POST, "requestBody", None), "/paths/~1v1~1ask/post/requestBody", "no body"),
        ((*POST, "requestBody", "content", {"text/csv": {}}), BODY.removesuffix("/schema"), "content type"),
        ((*POST, "responses", "200", None), "/paths/~1v1~1ask/post/responses/200", "gone"),
        ((*POST, "responses", "200", "headers", {}), f"{TOP}/responses/200/headers/X-Request-Id", "gone"),
        ((*ASKED, "required", ["text", "kind"]), f"{ASK}/kind", "required now"),
        ((*ASKED, "properties", "note", None), f"{ASK}/note", "refused now"),
        ((*ASKED, "properties", "text", "maxLength", 50), f"{ASK}/text/maxLength", "was 100, is 50"),
        ((*ASKED, "properties", "text", "minLength", 2), f"{ASK}/text/minLength", "was 1, is 2"),
        ((*ASKED, "properties", "text", "pattern", "^a"), f"{ASK}/text/pattern", "not limited"),
        ((*ASKED, "properties", "text", "type", "integer"), f"{ASK}/text/type", "string"),
        ((*ASKED, "properties", "kind", "enum", ["a"]), f"{ASK}/kind/enum", "['a', 'b']"),
        ((*ASKED, "properties", "names", "items", "type", "integer"), f"{ASK}/names/items/type", "integer"),
        ((*ASKED, "properties", "names", "maxItems", 4), f"{ASK}/names/maxItems", "was 5, is 4"),
        ((*ASKED, "properties", "note", {"type": "string"}), f"{ASK}/note/type", "null"),
        ((*ANSWER, "properties", "score", None), f"{SAID}/score", "gone"),
        ((*ANSWER, "required", ["decision"]), f"{SAID}/label", "not always"),
        ((*ANSWER, "properties", "decision", "enum", ["yes", "no", "maybe"]), f"{SAID}/decision/enum", "maybe"),
        ((*ANSWER, "properties", "label", EITHER), f"{SAID}/label/type", "null"),
        ((*ANSWER, "properties", "score", "type", "string"), f"{SAID}/score/type", "number"),
        (
            (*ANSWER, "properties", "chances", "additionalProperties", "type", "string"),
            f"{SAID}/chances/additionalProperties/type",
            "number",
        ),
        ((*ANSWER, "properties", "rows", "items", "anyOf", 1, "type", "boolean"), f"{SAID}/rows/items/type", "boolean"),
    ],
)  # fmt: skip
def test_a_change_that_breaks_callers_is_named_with_its_place(step, pointer, said):
    breaks = found(changed(step))
    assert [place for place, _ in breaks] == [pointer]
    assert said in breaks[0][1]


@pytest.mark.parametrize(
    "step",
    [
        ("paths", "/v1/more", {"get": {"responses": {"200": {}}}}),
        ("paths", "/livez", "post", {"responses": {"200": {}}}),
        (*POST, "security", []),
        (*POST, "parameters", 0, "schema", "maximum", 100),
        (*POST, "responses", "409", {}),
        (*POST, "requestBody", "required", False),
        (*ASKED, "required", []),
        (*ASKED, "properties", "more", {"type": "string"}),
        (*ASKED, "properties", "text", "maxLength", 200),
        (*ASKED, "properties", "text", "maxLength", None),
        (*ASKED, "properties", "kind", "enum", ["a", "b", "c"]),
        (*ASKED, "properties", "text", {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        (*ASKED, "additionalProperties", True),
        (*ANSWER, "required", ["label", "decision", "score"]),
        (*ANSWER, "properties", "more", {"type": "string"}),
        (*ANSWER, "properties", "decision", "enum", ["yes"]),
        (*ANSWER, "properties", "score", "type", "integer"),
        (*ANSWER, "properties", "rows", "items", {"type": "string"}),
    ],
)
def test_a_change_that_breaks_nobody_is_not_named(step):
    assert found(changed(step)) == []


def test_closing_an_object_that_was_open_refuses_other_fields():
    was_open = changed((*ASKED, "additionalProperties", True))
    [only] = find_breaks(was_open, OLD)
    assert only.pointer == f"{BODY}/additionalProperties"


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.json")), ids=lambda path: path.stem)
def test_a_released_file_breaks_nothing_of_itself_and_an_empty_one_everything(path):
    spec = json.loads(path.read_text(encoding="utf-8"))
    assert find_breaks(spec, spec) == []
    assert len(find_breaks(spec, {"paths": {}})) == len(spec["paths"])


def test_the_command_lists_every_break_and_fails(tmp_path, capsys):
    released = tmp_path / "released"
    released.mkdir()
    spec = json.loads((RELEASED / "support.json").read_text(encoding="utf-8"))
    spec["paths"]["/v1/gone"] = spec["paths"]["/livez"]
    (released / "support.json").write_text(json.dumps(spec), encoding="utf-8")
    assert main([str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().out == "support/paths/~1v1~1gone: the path is gone.\n"
    assert main([str(tmp_path), "--release"]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    assert set(check_files(tmp_path)) >= {"support", "finance", "recommend"}
