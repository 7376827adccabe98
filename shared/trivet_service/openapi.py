"""The OpenAPI file: 3.1, every error a problem, and how it is written for the repository."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from trivet_service.problems import MEDIA_TYPE, Problem
from trivet_service.retries import HEADER, writes

_DESCRIPTIONS = {
    400: "The body is not JSON, or not UTF-8.",
    401: "No valid API key.",
    403: "The key lacks the scope.",
    408: "The body took too long to arrive.",
    413: "The body or the batch is too large.",
    422: "The body does not have this form; `errors` points at what is wrong.",
    429: "Too much at once: `overloaded` or `rate_limited`; `Retry-After` says when to come back.",
    500: "An error of ours.",
    503: "No answer in time, or a model or the database that is not there; try again.",
}

# Problems that any route of a service may answer with.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in _DESCRIPTIONS.items()
}

_IN_USE = PROBLEMS[500] | {"description": "The first request with this Idempotency-Key is still being carried out."}
_KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Sent again with the same key and body within 24 hours, the request is not done again: the first "
    "answer comes back, with `Idempotency-Replayed: true`.",
    "example": "0b7c3f52-order-1842",
}


def describe(app: FastAPI) -> None:
    """Replace FastAPI's own shape of errors by problems in the app's OpenAPI file."""
    generate, describing = app.openapi, threading.Lock()

    def openapi() -> dict[str, Any]:
        # Asked by several threads: whoever comes first describes the routes, the others wait for it.
        with describing:
            return described()

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            definition = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(definition.pop("$defs", {}))
            schemas["Problem"] = definition
            for path, verb in writes(schema):
                _take_key(schema["paths"][path][verb])
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _take_key(operation: dict[str, Any]) -> None:
    """Tell that a write may be sent again under the same key."""
    operation.setdefault("parameters", []).append(_KEY)
    conflict = operation["responses"].setdefault("409", dict(_IN_USE))
    if conflict["description"] != _IN_USE["description"]:
        conflict["description"] += f" Or: {_IN_USE['description']}"


def write_openapi(app: FastAPI, path: Path) -> None:
    """Write an app's OpenAPI file as it is committed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(openapi_text(app), encoding="utf-8")


def openapi_text(app: FastAPI) -> str:
    """An app's OpenAPI file, readable in a diff."""
    return json.dumps(app.openapi(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
